"""The API in OpenAPI's words (3.1). Every address, parameter, status and field that is, and none that is not; a test compares."""

from __future__ import annotations

from typing import Any, Final

from console.version import version
from proxy.limits.shedding import Pressure, Step
from proxy.model.table import Stage
from proxy.status import State
from shadow.model import Kind, Outcome, Verdict
from shadow.triage import State as TriageState

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NUMBER: Final[Schema] = {"type": "number"}
YES_OR_NO: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
COUNTS: Final[Schema] = {"type": "object", "additionalProperties": COUNT}


def _object(**fields: Schema) -> Schema:
    """An object with exactly these fields, all of them always there."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_of(names: Any) -> Schema:
    return {"type": "string", "enum": [str(name) for name in names]}


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_LATENCY = _object(p50={"type": ["number", "null"]}, p99={"type": ["number", "null"]})
_SIGNATURE: Final = {
    "id": TEXT,
    "path": TEXT,
    "kind": _one_of(Kind),
    "count": COUNT,
    "first_seen": TIME,
    "last_seen": TIME,
    "example_pair": TEXT,
    "control_example": TEXT_OR_NULL,
    "candidate_example": TEXT_OR_NULL,
    "triage": _object(state=_one_of(TriageState), owner=TEXT, note=TEXT, by=TEXT, at=_or_null(TIME)),
}
_DIFFERENCE: Final = {"path": TEXT, "kind": _one_of(Kind), "control": TEXT_OR_NULL, "candidate": TEXT_OR_NULL}
_BODY = _object(text=TEXT, size=COUNT, note=TEXT_OR_NULL)
_FIELDS = _list(_list(TEXT))

SCHEMAS: Final[dict[str, Schema]] = {
    "Problem": _object(type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT),
    "Health": _object(status=_one_of(["ok", "degraded"]), reasons=_list(TEXT)),
    "Readiness": _object(ready=YES_OR_NO, reasons=_list(TEXT)),
    "Reload": _object(asked=YES_OR_NO, table_version=COUNT),
    "Status": _object(
        ready=YES_OR_NO,
        reasons=_list(TEXT),
        state=_one_of(State),
        listen=TEXT,
        admin=TEXT,
        table_version=COUNT,
        table=_object(source=TEXT, loaded_at=TEXT, error=TEXT_OR_NULL),
        certificates=_or_null(
            _object(in_use=_list(_object(certificate=TEXT, names=_list(TEXT), expires_at=TIME)), error=TEXT_OR_NULL)
        ),
        processes=_list(
            _object(
                role=_one_of(["supervisor", "proxy", "shadow", "console"]),
                index=COUNT,
                pid={"type": ["integer", "null"]},
                restarts=COUNT,
                started_at=TIME,
                ready=YES_OR_NO,
                table_version=COUNT,
            )
        ),
        unclaimed=COUNT,
        overload=_list(
            _object(
                worker=COUNT,
                step=_one_of(step.word for step in Step),
                pressure=_object(**dict.fromkeys(Pressure._fields, NUMBER)),
            )
        ),
        tap=_object(eligible=COUNT, sent=COUNT, done=COUNT, waiting_bytes=COUNT, dropped=COUNTS),
        backends=_list(
            _object(
                name=TEXT,
                urls=_list(TEXT),
                endpoints=_list(_object(url=TEXT, up=COUNT, down=COUNT)),
                legacy=YES_OR_NO,
                in_flight=COUNT,
                answered=COUNT,
                failed=COUNT,
                waiting=COUNT,
                breaker=COUNTS,
            )
        ),
    ),
    "Report": _object(
        table_version=COUNT,
        generated_at=TIME,
        routes=_list(
            _object(
                route=TEXT,
                stage=_one_of(Stage),
                control=TEXT,
                candidate=TEXT_OR_NULL,
                seen=COUNT,
                copied=COUNT,
                compared=COUNT,
                outcomes=_object(**{outcome.value: COUNT for outcome in Outcome}),
                skipped=COUNTS,
                readiness=_object(
                    verdict=_one_of(Verdict),
                    target=NUMBER,
                    clean_needed=COUNT,
                    reasons=_list(TEXT),
                    pairs=COUNT,
                    wrong=COUNT,
                    evidence=NUMBER,
                    bar=_object(evidence=NUMBER, routes=COUNT, together=COUNT),
                    hours_needed=_or_null(NUMBER),
                ),
                signatures=_list(_object(**_SIGNATURE)),
                latency_ms=_object(control=_LATENCY, candidate=_LATENCY),
                repeats=_object(clean=COUNT, wrong=COUNT),
                first_pair=_or_null(TIME),
                last_pair=_or_null(TIME),
                epoch=_object(
                    since=_or_null(TIME),
                    control_version=TEXT,
                    candidate_version=TEXT,
                    in_turn=_list(_object(control_version=TEXT, candidate_version=TEXT)),
                    mark=_or_null(_object(at=TIME, who=TEXT, reason=TEXT)),
                ),
                coverage=_object(shapes=COUNT, seen_once=COUNT, pairs=COUNT, examples=_list(TEXT)),
                status_classes=_list(_object(control=TEXT, candidate=TEXT, pairs=COUNT)),
                latency_ratio=_or_null(_object(p50=NUMBER, low=NUMBER, high=NUMBER, pairs=COUNT)),
                rules=_list(
                    _object(
                        rule=TEXT,
                        sort=TEXT,
                        path=TEXT,
                        reason=TEXT_OR_NULL,
                        author=TEXT_OR_NULL,
                        until=TEXT_OR_NULL,
                        ending=TEXT_OR_NULL,
                        hid=COUNT,
                        kinds=_list(
                            _object(
                                kind=TEXT,
                                pairs=COUNT,
                                differences=COUNT,
                                first_seen=TIME,
                                last_seen=TIME,
                                is_news=YES_OR_NO,
                            )
                        ),
                    )
                ),
                noise=_object(
                    asked_twice=COUNT,
                    by_dice=COUNT,
                    places=COUNT,
                    beyond=_list(
                        _object(
                            path=TEXT,
                            kind=TEXT,
                            pairs=COUNT,
                            candidate=NUMBER,
                            control=NUMBER,
                            excess=NUMBER,
                            margin=NUMBER,
                        )
                    ),
                ),
            )
        ),
    ),
    "Signatures": _object(generated_at=TIME, signatures=_list(_object(route=TEXT, **_SIGNATURE))),
    "Answer": _object(status=COUNT, headers=_FIELDS, body=_BODY, first_byte=NUMBER, total=NUMBER),
    "Pair": _object(
        id=TEXT,
        request_id=TEXT,
        route=TEXT,
        rules=TEXT,
        table_version=COUNT,
        at=TIME,
        outcome=_one_of(Outcome),
        method=TEXT,
        target=TEXT,
        primary=TEXT,
        shadow=TEXT,
        error=TEXT_OR_NULL,
        differences=_list(_object(**_DIFFERENCE)),
        waived=_list(_object(**_DIFFERENCE, waiver=TEXT)),
        noisy=_list(TEXT),
        request=_or_null(_object(method=TEXT, target=TEXT, headers=_FIELDS, body=_BODY)),
        control=_or_null(_ref("Answer")),
        candidate=_or_null(_ref("Answer")),
        again=_or_null(_ref("Answer")),
        curl=TEXT_OR_NULL,
    ),
}


def _json(schema: str, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _page(media: str, description: str) -> Schema:
    return {"description": description, "content": {media: {"schema": TEXT}}}


def _problem(description: str) -> Schema:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _query(name: str, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": TEXT}


_NO_STORE = _problem("There is no store yet, or it cannot be read now.")
_OF_A_REPORT: Final = (
    _query("route", "Only this route."),
    _query("since", "30m, 24h, 7d, or an ISO time; counts from the beginning of its hour."),
)


def _get(summary: str, answer: Schema, *, parameters: Any = (), **others: Schema) -> Schema:
    operation: Schema = {"summary": summary, "responses": {"200": answer, **others}}
    if parameters:
        operation["parameters"] = list(parameters)
    return {"get": operation}


def _of_a_report(summary: str, answer: Schema) -> Schema:
    problems = {"400": _problem("Not a time."), "404": _problem("No such route."), "503": _NO_STORE}
    return _get(summary, answer, parameters=_OF_A_REPORT, **problems)


_HEALTH = _get("Alive at all; says what is degraded.", _json("Health", "The console process answers."))
_READY = _get(
    "May users' requests come?",
    _json("Readiness", "All proxy workers accept."),
    **{"503": _json("Readiness", "Starting, draining, or a worker is down.")},
)

PATHS: Final[dict[str, Schema]] = {
    "/": _get("The overview, for people.", _page("text/html", "A page without scripts.")),
    "/healthz": _HEALTH,
    "/-/healthy": _HEALTH,
    "/readyz": _READY,
    "/-/ready": _READY,
    "/metrics": _get(
        "All counters of all processes.",
        {
            "description": "Prometheus's text, or OpenMetrics if asked for.",
            "content": {"text/plain": {"schema": TEXT}, "application/openmetrics-text": {"schema": TEXT}},
        },
    ),
    "/-/reload": {
        "post": {
            "summary": "Read the route table again, changed or not.",
            "responses": {
                "202": _json("Reload", "The supervisor was asked; the status tells what came of it."),
                "403": _problem("From another site, or with a body that is not JSON."),
            },
        }
    },
    "/api/openapi.json": _get("This document.", {"description": "OpenAPI 3.1.", "content": {"application/json": {}}}),
    "/api/v1/status": _get("The instance: table, processes, tap, backends.", _json("Status", "As it is now.")),
    "/api/v1/report": _of_a_report("The shadow-diff report, worst route first.", _json("Report", "Of all routes.")),
    "/api/v1/signatures": _of_a_report("What differs, most frequent first.", _json("Signatures", "Of all routes.")),
    "/api/v1/pairs/{id}": _get(
        "One pair with both answers, redacted.",
        _json("Pair", "The newest that fits."),
        parameters=[
            {
                "name": "id",
                "in": "path",
                "required": True,
                "description": "A pair's id or its beginning, or the id of the user's request.",
                "schema": TEXT,
            }
        ],
        **{"404": _problem("No such pair is kept."), "503": _NO_STORE},
    ),
}


def openapi() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "strangler admin port",
            "version": version(),
            "description": "Any address also answers 421 to a Host that is not ours. Errors are problem documents (RFC 9457).",
        },
        "paths": PATHS,
        "components": {"schemas": SCHEMAS},
    }
