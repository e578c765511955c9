"""How long to wait before a process that died is started again. Pure."""

from __future__ import annotations

HEALTHY_SECONDS = 10.0
"""A life this long is a good one: the next death is the first again."""

FIRST_SECONDS = 0.1
MOST_SECONDS = 5.0


def deaths_in_a_row(before: int, lived: float) -> int:
    """How many times in a row a process died young, now that it died again after ``lived`` seconds."""
    return 1 if lived >= HEALTHY_SECONDS else before + 1


def pause(deaths: int, *, at_once: bool) -> float:
    """Seconds to wait after so many deaths in a row. ``at_once`` spares the first one the wait."""
    doublings = deaths - 1 - at_once
    return 0.0 if doublings < 0 else min(FIRST_SECONDS * 2.0 ** min(doublings, 16), MOST_SECONDS)
