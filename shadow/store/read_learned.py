"""What is known of a route's places and rules in its present epoch."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from proxy.model.plan import Plan
from shadow.noise.excess import PlaceNoise
from shadow.rules.hidden import RuleUse
from shadow.store.read_epochs import present_epochs
from shadow.store.read_places import read_hits, read_places
from shadow.store.read_sums import read_counts


@dataclass(frozen=True, slots=True)
class Learned:
    """``compared`` pairs have an outcome; for ``asked_twice`` of them the control was asked twice, of which ``repeats`` by dice.
    ``since`` is the first pair's Unix time, None without one."""

    plan: Plan
    compared: int
    asked_twice: int
    repeats: int
    places: tuple[PlaceNoise, ...]
    uses: tuple[RuleUse, ...]
    since: float | None = None


def read_learned(connection: sqlite3.Connection, plans: dict[str, Plan]) -> dict[str, Learned]:
    """By route, those of which nothing was counted included."""
    present = present_epochs(connection, plans.values())
    learned = {}
    for route, plan in plans.items():
        epoch = present[route].id
        counts = read_counts(connection, epoch)
        learned[route] = Learned(
            plan,
            compared=sum(n for name, n in counts.items() if name.startswith("outcome:")),
            asked_twice=counts.get("again", 0),
            repeats=counts.get("sampled", 0),
            places=tuple(read_places(connection, epoch)),
            uses=tuple(read_hits(connection, epoch)),
            since=present[route].first_pair,
        )
    return learned
