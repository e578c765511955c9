"""What the verdicts would be under other rules, as a document. Pure."""

from __future__ import annotations

from typing import Any

from console.report import outcomes_document, readiness_document
from shadow.again.rejudge import Rejudged, estimated
from shadow.judge import judge
from shadow.model import ALONE, Bar, RouteSummary

Document = dict[str, Any]

MOST_CHANGED = 100
"""Changed pairs of a route that are listed; all are counted."""


def rejudged_document(summary: RouteSummary, again: Rejudged, *, now: float, bar: Bar = ALONE) -> Document:
    """One route: as it was judged, and as it would be. ``after`` is an estimate from the pairs that were kept."""
    then = estimated(summary, again)
    left = set(again.signatures)
    told = {(signature.path, str(signature.kind)) for signature in summary.signatures}
    changed = again.changed
    return {
        "route": summary.route,
        "kept": len(again.ways) + sum(again.unusable.values()),
        "judged": len(again.ways),
        "unusable": dict(again.unusable.most_common()),
        "before": _side(summary, now, bar),
        "after": _side(then, now, bar),
        "changed": len(changed),
        "pairs": [
            {"pair": way.pair, "before": way.before.value, "after": way.after.value} for way in changed[:MOST_CHANGED]
        ],
        "signatures": {
            "left": [_place(place) for place in sorted(told & left)],
            "gone": [_place(place) for place in sorted(told - left)] if again.ways else [],
            "new": [_place(place) for place in sorted(left - told)],
        },
    }


def _side(summary: RouteSummary, now: float, bar: Bar) -> Document:
    readiness = judge(summary, now=now, bar=bar)
    return {"outcomes": outcomes_document(summary), "readiness": readiness_document(readiness)}


def _place(place: tuple[str, str]) -> Document:
    return {"path": place[0], "kind": place[1]}
