"""The shadow-diff report: what the store knows of every route, with the verdict on each. Pure; one document for every channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from console.evidence_document import MOST_EVIDENCE, evidence_documents
from console.rules_document import rules_documents, triage_document
from proxy.model.log import rfc3339
from shadow.judge import PRECEDENCE, bars_of, judge
from shadow.model import ALONE, Bar, Latency, Outcome, Readiness, RouteSummary, SignatureSummary, Verdict

Document = dict[str, Any]

WRONG: Final = (Outcome.MISMATCH, Outcome.CANDIDATE_ERROR, Outcome.CANDIDATE_TIMEOUT)
"""Outcomes that count against the candidate."""

SILENT: Final = (Outcome.NOISE, Outcome.STALE, Outcome.CONTROL_ERROR)
"""Outcomes that say nothing about the candidate."""


def report_document(
    summaries: Sequence[RouteSummary],
    *,
    now: float,
    route: str | None = None,
    table_version: int | None = None,
    most: int | None = None,
) -> Document:
    """The report, worst route first. ``summaries`` are of all routes, as how much evidence one needs depends on the others; ``route``
    chooses one. ``table_version`` None: the newest that the store was told of. ``most`` signatures of a route are told, None for all. Raises
    KeyError if there is no such route."""
    if table_version is None:
        table_version = max((summary.table_version for summary in summaries), default=0)
    bars = bars_of(summaries, now=now)
    chosen = select(summaries, route)
    return {
        "table_version": table_version,
        "generated_at": rfc3339(now),
        "routes": sorted(
            (route_document(one, now=now, bar=bars.get(one.route, ALONE), most=most) for one in chosen), key=_badness
        ),
    }


def route_document(summary: RouteSummary, *, now: float, bar: Bar = ALONE, most: int | None = None) -> Document:
    outcomes = outcomes_document(summary)
    return {
        "route": summary.route,
        "stage": summary.stage,
        "control": summary.control,
        "candidate": summary.candidate,
        "seen": summary.seen,
        "copied": summary.copied,
        "compared": sum(outcomes.values()),
        "outcomes": outcomes,
        "skipped": dict(sorted(summary.skipped.items())),
        "readiness": readiness_document(judge(summary, now=now, bar=bar)),
        "signatures": [signature_document(signature) for signature in summary.signatures[:most]],
        "latency_ms": {
            "control": _latency(summary.control_latency),
            "candidate": _latency(summary.candidate_latency),
        },
        **evidence_documents(summary),
        **rules_documents(summary, now=now),
    }


def outcomes_document(summary: RouteSummary) -> dict[str, int]:
    return {outcome.value: summary.outcomes.get(outcome, 0) for outcome in Outcome}


def readiness_document(readiness: Readiness) -> Document:
    return {
        "verdict": readiness.verdict.value,
        "target": readiness.target,
        "clean_needed": readiness.clean_needed,
        "reasons": list(readiness.reasons),
        "pairs": readiness.pairs,
        "wrong": readiness.wrong,
        "evidence": min(readiness.evidence, MOST_EVIDENCE),
        "bar": {
            "evidence": readiness.bar.height,
            "routes": readiness.bar.routes,
            "together": readiness.bar.together,
        },
        "hours_needed": readiness.hours_needed,
    }


def signature_document(signature: SignatureSummary) -> Document:
    return {
        "id": signature.id,
        "path": signature.path,
        "kind": str(signature.kind),
        "count": signature.count,
        "first_seen": rfc3339(signature.first_seen),
        "last_seen": rfc3339(signature.last_seen),
        "example_pair": signature.example_pair,
        "control_example": signature.control_example,
        "candidate_example": signature.candidate_example,
        "triage": triage_document(signature),
    }


def signatures_document(signatures: Iterable[SignatureSummary], *, now: float) -> Document:
    """In one list, most frequent first, each with its route."""
    found = sorted(signatures, key=lambda one: (-one.count, one.route, one.path, one.id))
    documents = [{"route": one.route, **signature_document(one)} for one in found]
    return {"generated_at": rfc3339(now), "signatures": documents}


def is_blocked(report: Document) -> bool:
    return any(route["readiness"]["verdict"] == Verdict.BLOCKED for route in report["routes"])


def wrong(route: Document) -> tuple[int, int]:
    """How many pairs count against the candidate, and of how many that say anything about it."""
    outcomes = route["outcomes"]
    return sum(outcomes[o] for o in WRONG), route["compared"] - sum(outcomes[o] for o in SILENT)


def counts_line(route: Document) -> str:
    """What came of the copies and of the requests that were not copied: what the verdict does not rest on stands here too."""
    outcomes, skipped = (_counts(route[name]) for name in ("outcomes", "skipped"))
    return "; ".join(filter(None, (outcomes, f"skipped: {skipped}" if skipped else "")))


def select(summaries: Sequence[RouteSummary], route: str | None) -> list[RouteSummary]:
    """Those of ``route``, all of them for None. Raises KeyError if there is no such route."""
    chosen = [summary for summary in summaries if route in {None, summary.route}]
    if route is not None and not chosen:
        raise KeyError(route)
    return chosen


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in counts.items() if n)


def _badness(route: Document) -> tuple[int, bool, int, str]:
    verdict = PRECEDENCE.index(Verdict(route["readiness"]["verdict"]))
    return verdict, route["candidate"] is None, -wrong(route)[0], route["route"]


def _latency(latency: Latency) -> Document:
    return {"p50": latency.p50, "p99": latency.p99}
