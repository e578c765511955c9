"""Who has used how much, for all workers together: a hash table of fixed size, in memory that they share. Pure.

A client has its place in one of ``SETS`` sets of its region, which holds ``WAYS`` clients. Where all are taken, the one is
forgotten that is nearest to a whole allowance: a flood of strangers, who have asked once, drives out one another and not a
client that has used much of its own.

Nothing is locked. Two workers that serve one client in the same microsecond may count one request for two.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

from proxy.limits.allowance import Allowance

REGIONS: Final = 16
"""Routes that have a region of their own; more than these share."""

SETS: Final = 4096
WAYS: Final = 8
CLIENTS: Final = SETS * WAYS
"""Clients kept apart in a region."""

_WIDTH: Final = 2 * WAYS
WORDS: Final = REGIONS * SETS * _WIDTH
"""Of 64 bits: 8 MiB."""

_KNOWN: Final = 1


class Buckets:
    """``words`` are ``WORDS`` zeros at first: sets of ``WAYS`` names, then their ``WAYS`` moments. ``forgotten`` counts clients
    that had to give way before their allowance was whole."""

    __slots__ = ("_words", "forgotten")

    def __init__(self, words: memoryview) -> None:
        self._words = words
        self.forgotten = 0

    def take(self, region: int, who: int, allowance: Allowance, now: int) -> int:
        """One request of client ``who``, a number of 63 bits that nobody can choose. Gives the nanoseconds it has to wait, 0: it may go."""
        words = self._words
        at = (region * SETS + who % SETS) * _WIDTH
        who |= _KNOWN  # 0 is a free place
        if words[at] == who:  # most sets have one client: no need to read the others
            words[at + WAYS], wait = allowance.take(words[at + WAYS], now)
            return wait
        row = words[at : at + _WIDTH].tolist()
        if who in row[:WAYS]:
            way = at + row.index(who)
            words[way + WAYS], wait = allowance.take(row[way - at + WAYS], now)
            return wait
        moments = row[WAYS:]
        nearest = min(moments)
        if nearest > now:
            self.forgotten += 1
        way = at + moments.index(nearest)
        # The moment first: who comes under the new name must not find the old moment there.
        words[way + WAYS], wait = allowance.take(0, now)
        words[way] = who
        return wait


def regions_of(routes: Iterable[str]) -> dict[str, int]:
    """Each route's region, by its name, so that all workers and most reloads agree. Where there are more routes, some share."""
    regions: dict[str, int] = {}
    free = set(range(REGIONS))
    for route in sorted(routes):
        wanted = zlib.crc32(route.encode()) % REGIONS
        region = next((n % REGIONS for n in range(wanted, wanted + REGIONS) if n % REGIONS in free), wanted)
        free.discard(region)
        regions[route] = region
    return regions
