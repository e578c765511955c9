"""Traffic over time: who answered how many requests, what comparing found. Plain sums by the hour, over all epochs."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Hour:
    """``hour`` is Unix time // 3600. ``answered``: requests by backend; ``outcomes``: pairs by outcome."""

    hour: int
    answered: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)


def read_traffic(connection: sqlite3.Connection, from_hour: int, route: str | None) -> dict[str, list[Hour]]:
    """By route, also those that the table no longer has, the hours in which anything was counted, oldest first."""
    rows = connection.execute(
        "SELECT route, hour, name, sum(n) FROM count JOIN epoch ON epoch.id = count.epoch"
        " WHERE hour >= ?1 AND (?2 IS NULL OR route = ?2)"
        " AND (name BETWEEN 'answered:' AND 'answered;' OR name BETWEEN 'outcome:' AND 'outcome;')"
        " GROUP BY route, hour, name ORDER BY route, hour",
        (from_hour, route),
    )
    found: dict[str, dict[int, Hour]] = defaultdict(dict)
    for name_of_route, hour, name, n in rows:
        one = found[name_of_route].setdefault(hour, Hour(hour))
        group, _, member = name.partition(":")
        (one.answered if group == "answered" else one.outcomes)[member] += n
    return {name: list(hours.values()) for name, hours in found.items()}


@dataclass(frozen=True, slots=True)
class EpochSeen:
    """One span of a route's evidence, and what was found in it."""

    opened_at: float
    first_pair: float | None
    last_pair: float | None
    rules: str
    control_version: str
    candidate_version: str
    mark: tuple[str, str] | None
    outcomes: dict[str, int]


def read_past_epochs(connection: sqlite3.Connection, route: str, limit: int) -> list[EpochSeen]:
    """The newest ``limit`` epochs of ``route``, newest first. ``mark`` is who set it and why."""
    rows = connection.execute(
        "SELECT epoch.id, opened_at, first_pair, last_pair, rules, control_version, candidate_version, who, reason"
        " FROM epoch LEFT JOIN mark ON mark.id = epoch.mark WHERE epoch.route = ? ORDER BY epoch.id DESC LIMIT ?",
        (route, limit),
    ).fetchall()
    return [
        EpochSeen(
            opened_at,
            first,
            last,
            rules,
            control,
            candidate,
            None if who is None else (who, reason),
            _outcomes(connection, id_),
        )
        for id_, opened_at, first, last, rules, control, candidate, who, reason in rows
    ]


def _outcomes(connection: sqlite3.Connection, epoch: int) -> dict[str, int]:
    rows = connection.execute(
        "SELECT substr(name, 9), sum(n) FROM count WHERE epoch = ? AND name BETWEEN 'outcome:' AND 'outcome;' GROUP BY name",
        (epoch,),
    )
    return dict(rows.fetchall())
