"""The shapes of what programs send and get, by name."""

from __future__ import annotations

from typing import Final

from console.audit.line import Step as AuditStep
from console.web.openapi.words import (
    COUNT,
    COUNTS,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    YES_OR_NO,
    Schema,
    exactly,
    list_of,
    one_of,
    or_null,
    ref,
    some_of,
)
from console.web.rights import Right
from proxy.limits.shedding import Pressure, Step
from proxy.model.table import Stage
from proxy.model.versions import MAX_BY, MAX_REASON
from proxy.status import State
from shadow.model import Kind, Outcome, Verdict
from shadow.triage import MAX_NOTE, SAID
from shadow.triage import State as TriageState

_LATENCY = exactly(p50={"type": ["number", "null"]}, p99={"type": ["number", "null"]})
_SIGNATURE: Final = {
    "id": TEXT,
    "path": TEXT,
    "kind": one_of(Kind),
    "count": COUNT,
    "first_seen": TIME,
    "last_seen": TIME,
    "example_pair": TEXT,
    "control_example": TEXT_OR_NULL,
    "candidate_example": TEXT_OR_NULL,
    "triage": exactly(state=one_of(TriageState), owner=TEXT, note=TEXT, by=TEXT, at=or_null(TIME)),
}
_DIFFERENCE: Final = {"path": TEXT, "kind": one_of(Kind), "control": TEXT_OR_NULL, "candidate": TEXT_OR_NULL}
_BODY = exactly(text=TEXT, size=COUNT, note=TEXT_OR_NULL)
_NOTE: Final[Schema] = {"type": "string", "maxLength": MAX_NOTE}
_DAY: Final[Schema] = {"type": "string", "pattern": r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}
_NAMES: Final[Schema] = {"type": "object", "additionalProperties": TEXT}
_FIELDS = list_of(list_of(TEXT))

_VERSION: Final = {
    "version": COUNT,
    "at": TIME,
    "by": TEXT,
    "reason": TEXT,
    "hash": TEXT,
    "source": TEXT,
    "has_text": YES_OR_NO,
    "change": TEXT,
}
_CHANGES = list_of(exactly(kind=TEXT, name=TEXT_OR_NULL, text=TEXT))
_OWNER = exactly(route=TEXT_OR_NULL, backend=TEXT)
_WRITTEN: Final = {"changed": YES_OR_NO, "hash": TEXT, "table_version": COUNT}
_REASON: Final[Schema] = {"type": "string", "maxLength": MAX_REASON}
_MISTAKE = exactly(code=TEXT, line=COUNT, column=COUNT, message=TEXT, suggestion=TEXT_OR_NULL)
_MOVE: Final = {"count": COUNT, "examples": list_of(exactly(method=TEXT, target=TEXT, pair=TEXT))}

SCHEMAS: Final[dict[str, Schema]] = {
    "Problem": some_of(
        *("type", "title", "status", "detail"),
        type=TEXT,
        title=TEXT,
        status={"type": "integer"},
        detail=TEXT,
        right=one_of([*(right.value for right in Right if right is not Right.OPEN), "bodies"]),
    ),
    "Health": exactly(status=one_of(["ok", "degraded"]), reasons=list_of(TEXT)),
    "Readiness": exactly(ready=YES_OR_NO, reasons=list_of(TEXT)),
    "Changed": some_of(
        by=TEXT | {"maxLength": MAX_BY}, reason=TEXT | {"maxLength": MAX_REASON}, hash=TEXT | {"maxLength": 64}
    ),
    "Reload": exactly(asked=YES_OR_NO, table_version=COUNT),
    "Table": exactly(version=COUNT, source=TEXT, hash=TEXT, in_force=YES_OR_NO, text=TEXT),
    "NewTable": some_of("text", text=TEXT, reason=_REASON),
    "PlannedTable": some_of("text", text=TEXT),
    "Back": some_of(version=COUNT, reason=_REASON),
    "Written": exactly(**_WRITTEN),
    "Restored": exactly(restored=COUNT, **_WRITTEN),
    "BadTable": exactly(type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT, mistakes=list_of(_MISTAKE)),
    "Versions": exactly(count=COUNT, versions=list_of(exactly(**_VERSION))),
    "Version": exactly(
        **_VERSION,
        text=TEXT_OR_NULL,
        before={"type": ["integer", "null"]},
        changes=or_null(_CHANGES),
        diff=TEXT_OR_NULL,
    ),
    "Plan": exactly(
        changes=_CHANGES,
        taken=list_of(TEXT),
        requests=or_null(
            exactly(
                read=COUNT,
                refused=COUNT,
                change_owner=COUNT,
                share=or_null(NUMBER),
                moves=list_of(exactly(**{"from": _OWNER, "to": _OWNER}, **_MOVE)),
            )
        ),
    ),
    "Status": exactly(
        ready=YES_OR_NO,
        reasons=list_of(TEXT),
        state=one_of(State),
        listen=TEXT,
        admin=TEXT,
        table_version=COUNT,
        table=exactly(
            source=TEXT,
            loaded_at=TEXT,
            error=TEXT_OR_NULL,
            since=TEXT,
            by=TEXT,
            reason=TEXT,
            hash=TEXT,
            journal=TEXT_OR_NULL,
        ),
        certificates=or_null(
            exactly(in_use=list_of(exactly(certificate=TEXT, names=list_of(TEXT), expires_at=TIME)), error=TEXT_OR_NULL)
        ),
        processes=list_of(
            exactly(
                role=one_of(["supervisor", "proxy", "shadow", "console"]),
                index=COUNT,
                pid={"type": ["integer", "null"]},
                restarts=COUNT,
                started_at=TIME,
                ready=YES_OR_NO,
                stuck=COUNT,
                table_version=COUNT,
            )
        ),
        unclaimed=COUNT,
        overload=list_of(
            exactly(
                worker=COUNT,
                step=one_of(step.word for step in Step),
                pressure=exactly(**dict.fromkeys(Pressure._fields, NUMBER)),
            )
        ),
        tap=exactly(
            eligible=COUNT,
            sent=COUNT,
            done=COUNT,
            waiting_bytes=COUNT,
            dropped=COUNTS,
            workers=list_of(exactly(worker=COUNT, done=COUNT, waiting=COUNT, waiting_bytes=COUNT, dropped=COUNTS)),
        ),
        backends=list_of(
            exactly(
                name=TEXT,
                urls=list_of(TEXT),
                endpoints=list_of(exactly(url=TEXT, up=COUNT, down=COUNT)),
                legacy=YES_OR_NO,
                in_flight=COUNT,
                answered=COUNT,
                failed=COUNT,
                waiting=COUNT,
                breaker=COUNTS,
            )
        ),
        audit=exactly(file=TEXT, error=TEXT_OR_NULL),
        store=exactly(
            bytes=COUNT,
            oldest_contents=or_null(TIME),
            keep=exactly(contents_seconds=NUMBER, evidence_seconds=NUMBER, bytes=COUNT),
            removed=exactly(contents=COUNT, evidence=COUNT, size=COUNT),
        ),
    ),
    "Report": exactly(
        table_version=COUNT,
        generated_at=TIME,
        routes=list_of(
            exactly(
                route=TEXT,
                stage=one_of(Stage),
                control=TEXT,
                candidate=TEXT_OR_NULL,
                seen=COUNT,
                copied=COUNT,
                compared=COUNT,
                outcomes=exactly(**{outcome.value: COUNT for outcome in Outcome}),
                skipped=COUNTS,
                readiness=exactly(
                    verdict=one_of(Verdict),
                    target=NUMBER,
                    clean_needed=COUNT,
                    reasons=list_of(TEXT),
                    pairs=COUNT,
                    wrong=COUNT,
                    evidence=NUMBER,
                    bar=exactly(evidence=NUMBER, routes=COUNT, together=COUNT),
                    hours_needed=or_null(NUMBER),
                ),
                signatures=list_of(exactly(**_SIGNATURE)),
                latency_ms=exactly(control=_LATENCY, candidate=_LATENCY),
                repeats=exactly(clean=COUNT, wrong=COUNT),
                first_pair=or_null(TIME),
                last_pair=or_null(TIME),
                epoch=exactly(
                    since=or_null(TIME),
                    control_version=TEXT,
                    candidate_version=TEXT,
                    in_turn=list_of(exactly(control_version=TEXT, candidate_version=TEXT)),
                    mark=or_null(exactly(at=TIME, who=TEXT, reason=TEXT)),
                ),
                coverage=exactly(shapes=COUNT, seen_once=COUNT, pairs=COUNT, examples=list_of(TEXT)),
                status_classes=list_of(exactly(control=TEXT, candidate=TEXT, pairs=COUNT)),
                latency_ratio=or_null(exactly(p50=NUMBER, low=NUMBER, high=NUMBER, pairs=COUNT)),
                rules=list_of(
                    exactly(
                        rule=TEXT,
                        sort=TEXT,
                        path=TEXT,
                        reason=TEXT_OR_NULL,
                        author=TEXT_OR_NULL,
                        until=TEXT_OR_NULL,
                        ending=TEXT_OR_NULL,
                        hid=COUNT,
                        kinds=list_of(
                            exactly(
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
                noise=exactly(
                    asked_twice=COUNT,
                    by_dice=COUNT,
                    places=COUNT,
                    beyond=list_of(
                        exactly(
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
    "Signatures": exactly(generated_at=TIME, signatures=list_of(exactly(route=TEXT, **_SIGNATURE))),
    "Said": some_of("state", state=one_of(SAID), owner=_NOTE, note=_NOTE),
    "Triage": exactly(signature=TEXT, state=one_of(SAID), owner=TEXT, note=TEXT, by=TEXT, at=TIME),
    "Accepted": some_of("reason", reason=_NOTE | {"minLength": 1}, until=_DAY, kinds=YES_OR_NO),
    "Waiver": exactly(
        signature=TEXT,
        route=TEXT,
        waiver=some_of(
            "path", "reason", "author", path=TEXT, reason=TEXT, author=TEXT, until=TEXT, kinds=list_of(one_of(Kind))
        ),
    ),
    "Acts": exactly(
        acts=list_of(
            exactly(
                number=COUNT,
                at=TIME,
                step=one_of(AuditStep),
                act=TEXT,
                by=TEXT,
                via=TEXT,
                what=TEXT,
                right=TEXT,
                of=_NAMES,
                before=_NAMES,
                after=_NAMES,
                words=TEXT,
                status={"type": ["integer", "null"]},
            )
        ),
        before={"type": ["integer", "null"]},
        older=TEXT_OR_NULL,
        unread=COUNT,
    ),
    "Answer": exactly(status=COUNT, headers=_FIELDS, body=_BODY, first_byte=NUMBER, total=NUMBER),
    "Pair": exactly(
        id=TEXT,
        request_id=TEXT,
        route=TEXT,
        rules=TEXT,
        table_version=COUNT,
        at=TIME,
        outcome=one_of(Outcome),
        method=TEXT,
        target=TEXT,
        primary=TEXT,
        shadow=TEXT,
        error=TEXT_OR_NULL,
        differences=list_of(exactly(**_DIFFERENCE)),
        waived=list_of(exactly(**_DIFFERENCE, waiver=TEXT)),
        noisy=list_of(TEXT),
        request=or_null(exactly(method=TEXT, target=TEXT, headers=_FIELDS, body=_BODY)),
        control=or_null(ref("Answer")),
        candidate=or_null(ref("Answer")),
        again=or_null(ref("Answer")),
        curl=TEXT_OR_NULL,
    ),
}
