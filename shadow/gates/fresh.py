"""Is the evidence fresh?"""

from __future__ import annotations

from typing import Final

from shadow.figures import Figures, Finding
from shadow.model import Verdict

DAYS: Final = 7


def gate(figures: Figures) -> Finding | None:
    """The last pair is more than 7 days old: not yet, for both sides may have changed since."""
    last = figures.summary.last_pair
    if last is None or figures.now - last <= DAYS * 86_400:
        return None
    days = (figures.now - last) / 86_400
    return Finding(Verdict.NOT_YET, f"the last pair is {days:.0f} days old, more than {DAYS}")


GATE = gate
