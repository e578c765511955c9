"""Traffic over time: who answered how many requests, what comparing found, how long both sides took. Plain sums over all epochs."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from shadow.store.read_sums import DAY_HOURS


@dataclass(slots=True)
class Hour:
    """``hour`` is Unix time // 3600, of the first one if several are added up. ``answered``: requests by backend; ``outcomes``: pairs by outcome."""

    hour: int
    answered: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)


def read_traffic(
    connection: sqlite3.Connection, from_hour: int, route: str | None, width: int = 1
) -> dict[str, list[Hour]]:
    """By route, also those that the table no longer has, the hours in which anything was counted, oldest first. Each ``width`` hours are
    added up, counted from Unix time 0; ``from_hour`` is a multiple of it."""
    table, start = ("count_day", "day") if width == DAY_HOURS else ("count", "hour")
    each = DAY_HOURS if width == DAY_HOURS else 1
    # CROSS JOIN: of each epoch its last hours, by the index. Handed over in arrays: to add up by route and name the database would sort every row.
    rows = connection.execute(
        f"SELECT route, json_group_array({start} * ?3 / ?4 * ?4), json_group_array(name), json_group_array(n)"  # noqa: S608 - our own names
        f" FROM epoch CROSS JOIN {table} ON {table}.epoch = epoch.id WHERE {start} >= ?1 / ?3 AND (?2 IS NULL OR route = ?2)"
        " AND (name BETWEEN 'answered:' AND 'answered;' OR name BETWEEN 'outcome:' AND 'outcome;') GROUP BY epoch.id",
        (from_hour, route, each, width),
    )
    found: dict[str, dict[tuple[int, str], int]] = defaultdict(dict)
    for name_of_route, *arrays in rows:
        sums = found[name_of_route]
        get = sums.get
        for bar, name, n in zip(*map(json.loads, arrays), strict=True):
            sums[bar, name] = get((bar, name), 0) + n
    return {name_of_route: _hours(sums) for name_of_route, sums in sorted(found.items())}


def _hours(sums: dict[tuple[int, str], int]) -> list[Hour]:
    hours: dict[int, Hour] = {}
    for (bar, name), n in sorted(sums.items()):
        if bar not in hours:
            hours[bar] = Hour(bar)
        group, _, member = name.partition(":")
        (hours[bar].answered if group == "answered" else hours[bar].outcomes)[member] = n
    return list(hours.values())


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
        "SELECT substr(name, 9), sum(n) FROM count_day WHERE epoch = ? AND name BETWEEN 'outcome:' AND 'outcome;' GROUP BY name",
        (epoch,),
    )
    return dict(rows.fetchall())
