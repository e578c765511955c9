"""How long both sides took over time: quantiles by the hour, over all epochs."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass

from shadow.model import Latency
from shadow.store.histogram import quantile
from shadow.store.read_sums import DAY_HOURS


@dataclass(frozen=True, slots=True)
class HourLatency:
    """``hour`` is Unix time // 3600, of the first one if several are added up. ``pairs``: how many times the side was timed that was timed more often."""

    hour: int
    control: Latency
    candidate: Latency
    pairs: int


def read_latency(connection: sqlite3.Connection, from_hour: int, route: str, width: int = 1) -> list[HourLatency]:
    """The hours in which anything was timed, oldest first; ``width`` hours are added up, as in ``read_traffic``."""
    table, start = ("latency_day", "day") if width == DAY_HOURS else ("latency", "hour")
    each = DAY_HOURS if width == DAY_HOURS else 1
    rows = connection.execute(
        f"SELECT {start} * ?3 / ?4 * ?4 AS bar, side, bucket, sum(n) FROM {table}"  # noqa: S608 - our own names
        f" WHERE epoch IN (SELECT id FROM epoch WHERE route = ?2) AND {start} >= ?1 / ?3 AND side IN ('control', 'candidate')"
        " GROUP BY bar, side, bucket",
        (from_hour, route, each, width),
    )
    bars: dict[int, dict[str, dict[int, int]]] = defaultdict(lambda: {"control": {}, "candidate": {}})
    for bar, side, bucket, n in rows:
        bars[bar][side][bucket] = n
    return [
        HourLatency(
            bar,
            control=_quantiles(sides["control"]),
            candidate=_quantiles(sides["candidate"]),
            pairs=max(sum(buckets.values()) for buckets in sides.values()),
        )
        for bar, sides in sorted(bars.items())
    ]


def _quantiles(buckets: dict[int, int]) -> Latency:
    return Latency(quantile(buckets, 0.50), quantile(buckets, 0.99))
