"""What a verdict rests on, as parts of the report. Pure."""

from __future__ import annotations

from typing import Any, Final

from proxy.model.log import rfc3339
from shadow.model import Coverage, Epoch, Ratio, RouteSummary

Document = dict[str, Any]

MOST_EVIDENCE: Final = 1e300
"""JSON knows no infinity."""


def evidence_documents(summary: RouteSummary) -> Document:
    """The keys of a route that come after those of the contract."""
    return {
        "repeats": {"clean": summary.repeats[0], "wrong": summary.repeats[1]},
        "first_pair": _time(summary.first_pair),
        "last_pair": _time(summary.last_pair),
        "epoch": _epoch(summary.epoch),
        "coverage": _coverage(summary.coverage),
        "status_classes": [
            {"control": control, "candidate": candidate, "pairs": n}
            for (control, candidate), n in sorted(summary.statuses.items(), key=lambda item: (-item[1], item[0]))
        ],
        "latency_ratio": _ratio(summary.ratio),
    }


def _epoch(epoch: Epoch) -> Document:
    mark = epoch.mark
    return {
        "since": _time(epoch.since),
        "control_version": epoch.control_version,
        "candidate_version": epoch.candidate_version,
        "in_turn": [
            {"control_version": control, "candidate_version": candidate} for control, candidate in epoch.others
        ],
        "mark": None if mark is None else {"at": rfc3339(mark.at), "who": mark.who, "reason": mark.reason},
    }


def _coverage(coverage: Coverage) -> Document:
    return {
        "shapes": coverage.shapes,
        "seen_once": coverage.once,
        "pairs": coverage.pairs,
        "examples": [str(shape) for shape in coverage.examples],
    }


def _ratio(ratio: Ratio | None) -> Document | None:
    return None if ratio is None else {"p50": ratio.median, "low": ratio.low, "high": ratio.high, "pairs": ratio.pairs}


def _time(at: float | None) -> str | None:
    return None if at is None else rfc3339(at)
