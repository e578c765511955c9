"""Which pairs are kept to look at. All pairs count; a few of each sort are kept, whatever the traffic. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from shadow.model import Outcome

KEPT_A_DAY: Final = 20
"""Pairs of one signature, or of one outcome without a signature, that one route keeps in a day: all shadow workers together."""

MATCH_SHARE: Final = 0.01
"""Share of matches that are kept, within the same limit: to see what equal answers look like."""

MAX_SORTS: Final = 20_000
DAY: Final = 86_400


class Keeping:
    """``dice`` returns a number between 0 and 1; ``workers`` share what may be kept."""

    def __init__(self, dice: Callable[[], float], workers: int = 1) -> None:
        self._dice = dice
        self._most = math.ceil(KEPT_A_DAY / workers)
        self._day = 0
        self._kept: Counter[tuple[str, str, str]] = Counter()

    def wants(self, route: str, rules: str, outcome: Outcome, signatures: Sequence[str], at: float) -> bool:
        """Whether to keep this pair; ``at`` is Unix time."""
        day = int(at // DAY)
        if day > self._day:
            self._day = day
            self._kept.clear()
        sorts = [(route, rules, sort) for sort in signatures or (outcome.value,)]
        if not any(self._kept[sort] < self._most for sort in sorts):
            return False
        if outcome is Outcome.MATCH and self._kept[sorts[0]] and self._dice() >= MATCH_SHARE:
            return False
        if len(self._kept) + len(sorts) > MAX_SORTS:
            return False
        self._kept.update(sorts)
        return True
