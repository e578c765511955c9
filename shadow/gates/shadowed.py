"""Is the route shadowed at all?"""

from __future__ import annotations

from shadow.figures import Figures, Finding
from shadow.model import Verdict


def gate(figures: Figures) -> Finding | None:
    """A route without a candidate, or of which nothing is copied, cannot be judged: inconclusive."""
    if figures.shadowed:
        return None
    if figures.summary.candidate is None:
        return Finding(Verdict.INCONCLUSIVE, "no shadow: the route has no candidate to compare with")
    return Finding(Verdict.INCONCLUSIVE, f"no shadow: none of {figures.summary.seen:,} requests was copied")


GATE = gate
