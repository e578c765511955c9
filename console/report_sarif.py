"""The report as SARIF: one result for each signature, at the line of its route in the route table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from console.report import Document
from console.sarif import location, message, rule, sarif_log
from proxy.model.printable import printable
from shadow.figures import plural
from shadow.model import Kind, Verdict
from shadow.signature import signature_id
from shadow.triage import State

FINGERPRINT: Final = "strangler/signature/v1"
"""The same difference has the same fingerprint in every report, so that hosts know old results from new ones."""

GITHUB_FINGERPRINT: Final = "primaryLocationLineHash"
"""The only one that GitHub looks at. Its own would be of the line, and one for all signatures of a route that are of one kind."""

_KINDS: Final = {
    Kind.VALUES_CHANGED: ("the two answers have different values in this place", "the value of the control"),
    Kind.TYPE_CHANGES: ("the two answers have values of different types in this place", "the type of the control"),
    Kind.DICTIONARY_ITEM_ADDED: ("the candidate's answer has a member that the control's has not", "no such member"),
    Kind.DICTIONARY_ITEM_REMOVED: ("the candidate's answer lacks a member that the control's has", "this member"),
    Kind.ITERABLE_ITEM_ADDED: ("the candidate's list has an item that the control's has not", "no such item"),
    Kind.ITERABLE_ITEM_REMOVED: ("the candidate's list lacks an item that the control's has", "this item"),
    Kind.ITERABLE_ITEM_MOVED: ("an item stands elsewhere in the candidate's list", "the order of the control"),
    Kind.REPETITION_CHANGE: ("an item stands more or less often in the candidate's list", "the number of the control"),
}
"""What each kind means, and what the new service shall give."""

_CALM: Final = frozenset({State.BUG_IN_OLD, State.INTENDED, State.NOISE, State.FIXED})
"""Whoever decided this needs no warning of it."""
_ACCEPTED: Final = frozenset({State.INTENDED, State.NOISE})


def report_sarif(report: Document, *, version: str, file: str, lines: Mapping[str, int]) -> Document:
    """``version`` is ours; ``file`` is the route table relative to the checkout, ``lines`` where each route of it stands, from 1."""
    results = [
        {**result, "locations": [_location(route, place, file, lines)]}
        for route in report["routes"]
        for place, result in (*_signatures(route), *_waivers(route))
    ]
    return sarif_log(version, [_rule(kind) for kind in Kind], results)


def _rule(kind: Kind) -> Document:
    means, wanted = _KINDS[kind]
    help_ = (
        f"A `{kind}` difference: {means}. If the new service is wrong, let it give {wanted}. If it is right, accept the difference with "
        "`strangler waive SIGNATURE --reason ... --until DATE`, or say whose it is with `strangler triage SIGNATURE --as ...`. "
        "`strangler show PAIR` shows both answers side by side, with a command to repeat the request."
    )
    sentence = f"{means[0].upper()}{means[1:]}."
    return rule(
        kind.value, "warning", sentence, f"{sentence} Copied requests were answered by both sides and compared.", help_
    )


def _location(route: Document, place: str, file: str, lines: Mapping[str, int]) -> Document:
    name = printable(route["route"])
    return {
        **location(file, lines.get(route["route"], 1)),
        "logicalLocations": [{"name": name, "fullyQualifiedName": f"{name} {printable(place)}"}],
    }


def _signatures(route: Document) -> Iterator[tuple[str, Document]]:
    for signature in route["signatures"]:
        triage = signature["triage"]
        state = State(triage["state"])
        sides = (signature[f"{side}_example"] for side in ("control", "candidate"))
        control, candidate = ("(absent)" if value is None else value for value in sides)
        result: Document = {
            "ruleId": signature["kind"],
            "level": _level(state, route["readiness"]["verdict"]),
            "message": message(
                f"{route['route']}: {signature['path']} differs ({signature['kind']}) in {plural(signature['count'], 'pair')}; "
                f"for example {control} -> {candidate} in pair {signature['example_pair']}. Triage: {state}."
            ),
            "partialFingerprints": _fingerprints(signature["id"]),
            "occurrenceCount": signature["count"],
        }
        if state in _ACCEPTED:
            said = triage["note"] or f"said to be {state}"
            result["suppressions"] = [_suppression("external", f"{said} ({triage['by'] or 'nobody named'})")]
        yield signature["path"], result


def _level(state: State, verdict: str) -> str:
    if state in _CALM:
        return "note"
    return "error" if verdict == Verdict.BLOCKED else "warning"


def _waivers(route: Document) -> Iterator[tuple[str, Document]]:
    """What the table accepts is told of too, as suppressed: nobody has to ask what a green report hides."""
    for waiver in route["rules"]:
        if waiver["sort"] != "ignore" or not waiver["path"]:
            continue
        for kind in waiver["kinds"]:
            by = f" ({waiver['author']})" if waiver["author"] else ""
            until = f", until {waiver['until']}" if waiver["until"] else ""
            told = f"{waiver['reason'] or 'accepted in the route table, without a reason'}{by}{until}"
            yield (
                waiver["path"],
                {
                    "ruleId": kind["kind"],
                    "level": "note",
                    "message": message(
                        f"{route['route']}: {waiver['path']} differs ({kind['kind']}) in {plural(kind['pairs'], 'pair')}, which a "
                        f"waiver of the route table accepts."
                    ),
                    "partialFingerprints": _fingerprints(
                        signature_id(route["route"], f"waiver {waiver['path']}", Kind(kind["kind"]))
                    ),
                    "occurrenceCount": kind["pairs"],
                    "suppressions": [_suppression("inSource", told)],
                },
            )


def _fingerprints(id_: str) -> Document:
    return {FINGERPRINT: id_, GITHUB_FINGERPRINT: f"{id_}:1"}


def _suppression(kind: str, justification: str) -> Document:
    return {"kind": kind, "status": "accepted", "justification": printable(justification)}
