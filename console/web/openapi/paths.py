"""What can be asked, and what comes back."""

from __future__ import annotations

from typing import Final

from console.web.openapi.words import TEXT, Schema, get, in_path, json_of, post, problem, query, ref, text_of

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

PATHS: Final[dict[str, Schema]] = {
    "/": get("The overview, for people.", text_of("text/html", "A page without scripts.")),
    "/events": get(
        "Server-sent events: `change` whenever the instance's numbers have changed, at most every two seconds.",
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
            },
        }
    },
    "/api/openapi.json": get("This document.", {"description": "OpenAPI 3.1.", "content": {"application/json": {}}}),
    "/api/v1/status": get("The instance: table, processes, tap, backends.", json_of("Status", "As it is now.")),
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
}
