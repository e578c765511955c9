"""What can be asked, and what comes back."""

from __future__ import annotations

from typing import Final

from console.web.acts import MAX_NUMBER
from console.web.openapi.words import (
    TEXT,
    Schema,
    get,
    header,
    in_path,
    json_of,
    post,
    problem,
    put,
    query,
    ref,
    text_of,
)

_NOT_AUDITED: Final = problem("The audit log cannot be written, so nothing was changed.")
_NO_STORE = problem("There is no store yet, or it cannot be read now.")
_OF_A_REPORT: Final = (
    query("route", "Only this route."),
    query("since", "30m, 24h, 7d, or an ISO time; counts from the beginning of its hour."),
)


def _of_a_report(summary: str, answer: Schema) -> Schema:
    problems = {"400": problem("Not a time."), "404": problem("No such route."), "503": _NO_STORE}
    return get(summary, answer, parameters=_OF_A_REPORT, **problems)


_HEALTH = get("Alive at all; says what is degraded.", json_of("Health", "The console process answers."))
_READY = get(
    "May users' requests come?",
    json_of("Readiness", "All proxy workers accept."),
    **{"503": json_of("Readiness", "Starting, draining, or a worker is down.")},
)

_SIGNATURE: Final = in_path("signature", "A signature's id or its beginning.")
_SAID: Final = {
    "400": problem("Not what is asked for; says what is."),
    "403": problem("From another site, or the caller may not."),
    "404": problem("No such signature under today's rules."),
    "503": problem("The store cannot be read or written now; try again."),
}

_NO_FILE: Final = {
    "404": problem("There is no table, or no such version."),
    "409": problem("The file cannot be used: a link, a pipe, or not to be read; says why."),
    "503": problem("The file or the journal cannot be read or written now; says why."),
}
_WRITING: Final = {
    **_NO_FILE,
    "400": problem("Not what is asked for; says what is."),
    "403": problem("From another site, or the caller may not."),
    "422": {
        "description": "No good table: all its mistakes.",
        "content": {"application/problem+json": {"schema": ref("BadTable")}},
    },
}

PATHS: Final[dict[str, Schema]] = {
    "/": get(
        "The overview, for people.",
        {
            "description": "The page; what it is made of as JSON, if that is asked for.",
            "content": {"text/html": {"schema": TEXT}, "application/json": {}},
        },
    ),
    "/events": get(
        "Server-sent events: `change` whenever the instance's numbers have changed, at most every two seconds.",
        text_of("text/event-stream", "Until the client or the instance ends."),
        **{"503": problem("As many listen as may; ask again instead.")},
    ),
    "/jobs/events": get(
        "Server-sent events: `progress` at once, and whenever a job is further, at most four times a second.",
        text_of("text/event-stream", "Until the client or the instance ends."),
        **{"503": problem("As many listen as may; ask again instead.")},
    ),
    "/healthz": _HEALTH,
    "/-/healthy": _HEALTH,
    "/readyz": _READY,
    "/-/ready": _READY,
    "/metrics": get(
        "All counters of all processes.",
        {
            "description": "Prometheus's text, or OpenMetrics if asked for.",
            "content": {"text/plain": {"schema": TEXT}, "application/openmetrics-text": {"schema": TEXT}},
        },
    ),
    "/-/reload": {
        "post": {
            "summary": "Read the route table again, changed or not. Who changed it may say so, and why.",
            "requestBody": {"required": False, "content": {"application/json": {"schema": ref("Changed")}}},
            "responses": {
                "202": json_of("Reload", "The supervisor was asked; the status tells what came of it."),
                "400": problem("A body that says something else."),
                "403": problem("From another site, or with a body that is not JSON."),
                "503": _NOT_AUDITED,
            },
        }
    },
    "/api/openapi.json": get("This document.", {"description": "OpenAPI 3.1.", "content": {"application/json": {}}}),
    "/api/v1/status": get("The instance: table, processes, tap, backends.", json_of("Status", "As it is now.")),
    "/api/v1/table": {
        **get(
            "The route table as its file says it. The ETag is its hash.",
            json_of("Table", "As it is now."),
            **_NO_FILE,
        ),
        **put(
            "Replace the route table, if it is still the one that was read.",
            "NewTable",
            json_of(
                "Written",
                "It is in the file, and the supervisor was asked to read it; the status tells what came of it.",
            ),
            parameters=[header("If-Match", "The ETag of the table that was read, or *.")],
            **_WRITING,
            **{
                "412": problem("The table was changed meanwhile; read it again."),
                "428": problem("Without If-Match."),
            },
        ),
    },
    "/api/v1/table/versions": get(
        "The versions of the table, newest first: who, when, why, and what changed.",
        json_of("Versions", "What the journal has."),
        **{"503": problem("The journal cannot be read now.")},
    ),
    "/api/v1/table/versions/{version}": get(
        "One version of the table: its text, who, when, why, and what it changed in the one before.",
        json_of("Version", "What the journal has. Values of variables are never in it."),
        parameters=[in_path("version", "Its number.")],
        **{
            "404": problem("No such version is recorded."),
            "503": problem("The journal cannot be read now."),
        },
    ),
    "/api/v1/table/plan": post(
        "Tell what another table would change. Changes nothing.",
        "PlannedTable",
        json_of("Plan", "In words, and for recorded requests."),
        **{name: _WRITING[name] for name in ("400", "403", "422", "503")},
    ),
    "/api/v1/table/rollback": post(
        "Put the text of an earlier version into the file; without `version` the one before.",
        "Back",
        json_of(
            "Restored", "It is in the file, and the supervisor was asked to read it; the status tells what came of it."
        ),
        **{**_WRITING, "412": problem("The table was changed meanwhile.")},
    ),
    "/api/v1/report": _of_a_report("The shadow-diff report, worst route first.", json_of("Report", "Of all routes.")),
    "/api/v1/signatures": _of_a_report("What differs, most frequent first.", json_of("Signatures", "Of all routes.")),
    "/api/v1/signatures/{signature}/triage": post(
        "Say what a difference is. This changes no count.",
        "Said",
        json_of("Triage", "It is kept."),
        parameters=[_SIGNATURE],
        **_SAID,
    ),
    "/api/v1/signatures/{signature}/waive": post(
        "Write a waiver into the route table: the place, with all below it, is hidden from now on, and counted.",
        "Accepted",
        json_of("Waiver", "It is in the table, and the supervisor was asked to read it."),
        parameters=[_SIGNATURE],
        **{**_SAID, "409": problem("The table does not take the waiver; says why.")},
    ),
    "/api/v1/pairs/{id}": get(
        "One pair with both answers, redacted.",
        json_of("Pair", "The newest that fits."),
        parameters=[in_path("id", "A pair's id or its beginning, or the id of the user's request.")],
        **{"404": problem("No such pair is kept."), "503": _NO_STORE},
    ),
    "/api/v1/audit": get(
        "Who changed what, and who looked at recorded bodies, newest first. `before` of an answer asks for the next ones.",
        json_of("Acts", "At most 100; fewer, and a `before`, where it stopped looking."),
        parameters=(
            query("since", "30m, 24h, 7d, or an ISO time."),
            query("who", "Only what this person did."),
            query("about", "Only acts in which this occurs: an address, a command, a route, an id."),
            query(
                "before", "Only lines with a lower number.", {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER}
            ),
        ),
        **{
            "400": problem("Not a time, or not a number."),
            "403": problem("The caller may not."),
            "503": problem("The log cannot be read now; says why."),
        },
    ),
}
