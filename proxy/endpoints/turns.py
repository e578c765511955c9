"""Whose turn it is among endpoints with weights. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_TURNS = 1024
"""The longest cycle. Weights that need a longer one are rounded: nobody is so exact, and nobody waits for it."""

WARMING_BEGINS = 0.1
"""The share of its weight that an endpoint has as soon as it is back."""


def cycle_of(weights: Sequence[int]) -> list[int]:
    """The order of turns, repeated for ever: index ``i`` has as many of them as its weight says, and they are spread evenly.

    The k-th of w turns lies at (k + offset) / w of the way, with another offset for each endpoint, so that light ones do not
    have theirs at once.
    """
    turns = _few(weights)
    count = len(turns)
    places = [((k + (i + 0.5) / count) / turns[i], i) for i in range(count) for k in range(turns[i])]
    return [i for _, i in sorted(places)]


def _few(weights: Sequence[int]) -> list[int]:
    """The same proportions in the smallest numbers; at most about MOST_TURNS together, at least one each."""
    divisor = math.gcd(*weights)
    total = sum(weights) // divisor
    if total <= MOST_TURNS:
        return [weight // divisor for weight in weights]
    return [max(1, round(weight / divisor * MOST_TURNS / total)) for weight in weights]


def warming_share(back_for: float, slow_start: float) -> float:
    """The share of its weight that an endpoint has ``back_for`` seconds after it came back; grows evenly over ``slow_start``."""
    if back_for >= slow_start:
        return 1.0
    return WARMING_BEGINS + (1.0 - WARMING_BEGINS) * max(0.0, back_for) / slow_start
