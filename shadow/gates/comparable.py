"""Do the pairs say anything about the candidate?"""

from __future__ import annotations

from typing import Final

from shadow.figures import Figures, Finding, share_of
from shadow.model import Outcome, Verdict

MOST: Final = 0.5
"""Share of pairs that may say nothing."""
_ADVICE: Final = {
    Outcome.NOISE: "the control does not agree with itself there; ignore those places to judge the rest",
    Outcome.STALE: "the data changed between the two answers",
    Outcome.CONTROL_ERROR: "the control itself answered 5xx",
}


def gate(figures: Figures) -> Finding | None:
    """More than half of all pairs are noise, stale or control errors: inconclusive, for they say nothing about the candidate."""
    silent = figures.count(*_ADVICE)
    whole = figures.compared + silent
    if not whole or silent <= MOST * whole:
        return None
    most = max(_ADVICE, key=figures.count)
    return Finding(
        Verdict.INCONCLUSIVE,
        f"{share_of(silent, whole)} pairs say nothing about the candidate, "
        f"{figures.count(most):,} of them {most.replace('_', ' ')}: {_ADVICE[most]}",
    )


GATE = gate
