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


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """The latency in milliseconds that ``share`` (0 to 1) of all do not exceed, None without any."""
    total = sum(buckets.values())
    rank = max(1, math.ceil(total * share))
    for index in sorted(buckets):
        rank -= buckets[index]
        if rank <= 0:
            return round(math.exp((index + 0.5) / _K), 3)
    return None
