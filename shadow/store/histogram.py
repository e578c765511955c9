"""Latencies in buckets that grow by 4 %: small, exact to 2 %, and two histograms add up bucket by bucket. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

GROWTH: Final = 1.04
LEAST_MS: Final = 0.001
MOST_MS: Final = 3_600_000.0

_K: Final = 1 / math.log(GROWTH)


def bucket(milliseconds: float) -> int:
    """The bucket of a latency; bucket i holds what lies between GROWTH^i and GROWTH^(i+1) milliseconds."""
    return math.floor(math.log(min(max(milliseconds, LEAST_MS), MOST_MS)) * _K)


def ratio_bucket(control: float, candidate: float) -> int:
    """The bucket of how many times longer the candidate took; both in milliseconds."""
    return bucket(max(candidate, LEAST_MS) / max(control, LEAST_MS))


def median_interval(buckets: Mapping[int, int]) -> tuple[float, float, float] | None:
    """The median, and an interval that holds the true one with at least 95 %, whatever the distribution: between two order
    statistics, widened to the edges of their buckets. None for so few that there is no such interval."""
    total = sum(buckets.values())
    low = math.floor(
        (total - 1.96 * math.sqrt(total)) / 2
    )  # fewer than so many lie below the median with at most 2.5 %
    if low < 1:
        return None
    return (
        round(math.exp((_at(buckets, (total + 1) // 2) + 0.5) / _K), 3),
        round(math.exp(_at(buckets, low) / _K), 3),
        round(math.exp((_at(buckets, total + 1 - low) + 1) / _K), 3),
    )


def _at(buckets: Mapping[int, int], rank: int) -> int:
    """The bucket of the ``rank``-th smallest, counted from 1."""
    for index in sorted(buckets):
        rank -= buckets[index]
        if rank <= 0:
            return index
    raise ValueError("there are not so many")


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The latency in milliseconds that ``share`` (0 to 1) of all do not exceed, None without any."""
    total = sum(buckets.values())
    if not total:
        return None
    return round(math.exp((_at(buckets, max(1, math.ceil(total * share))) + 0.5) / _K), 3)
