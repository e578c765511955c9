"""What goes into the store in one transaction."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from proxy.model.plan import Plan
from shadow.model import Mark
from shadow.store.records import Recorded

HOUR: Final = 3600

CountKey = tuple[str, str, int, str]
"""Route, rules, hour (Unix time // 3600), name."""


@dataclass(slots=True)
class Batch:
    """``plans`` are all plans as last told, None if nobody told; ``told`` the cumulative counts of each (source, route) with
    the rules and the time they were told under; ``counts`` are increments. ``mark`` is set on all routes before anything is counted."""

    plans: dict[str, Plan] | None = None
    plans_at: float = 0.0
    mark: Mark | None = None
    told: dict[tuple[str, str], tuple[str, float, dict[str, int]]] = field(default_factory=dict)
    counts: Counter[CountKey] = field(default_factory=Counter)
    pairs: list[Recorded] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.plans is not None or self.told or self.counts or self.pairs)

    def count(self, route: str, rules: str, at: float, name: str) -> None:
        self.counts[route, rules, int(at // HOUR), name] += 1

    def keep_for_later(self, older: Batch) -> None:
        """Take over from a batch that the store refused what is bounded in size: all of it but the pairs."""
        if self.plans is None:
            self.plans, self.plans_at = older.plans, older.plans_at
        self.told = older.told | self.told
        self.counts.update(older.counts)
