"""Does the evidence cover enough time?"""

from __future__ import annotations

from shadow.figures import Figures, Finding
from shadow.model import Verdict


def gate(figures: Figures) -> Finding | None:
    """Not yet, until first and last pair are ``ready.hours`` apart: night traffic differs from day traffic."""
    summary = figures.summary
    if summary.hours <= 0 or summary.first_pair is None or summary.last_pair is None:
        return None
    covered = max(0.0, summary.last_pair - summary.first_pair) / 3600
    if covered >= summary.hours:
        return None
    return Finding(Verdict.NOT_YET, f"the pairs cover {covered:.1f} of {summary.hours:g} hours")


GATE = gate
