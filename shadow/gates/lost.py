"""Is too much missing?"""

from __future__ import annotations

from typing import Final

from shadow.figures import Figures, Finding, share_of
from shadow.model import Outcome, Verdict

MOST: Final = 0.01
"""Share of eligible requests that may be lost."""


def gate(figures: Figures) -> Finding | None:
    """Over 1 % of the eligible requests were lost (neither the table nor the client left them out): inconclusive, as the lost
    ones are the large and the slow ones."""
    lost = sum(figures.lost.values())
    eligible = figures.count(*Outcome) + lost
    if not eligible or lost <= MOST * eligible:
        return None
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in figures.lost.items())
    return Finding(Verdict.INCONCLUSIVE, f"{share_of(lost, eligible)} eligible requests were lost: {reasons}")


GATE = gate
