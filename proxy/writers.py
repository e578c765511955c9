"""Who has written lately, for all workers together: a hash table of fixed size, in memory that they share. Pure; the clock is an
argument.

A user has a place in one of ``SETS`` sets, which holds ``WAYS`` of them. Where all are taken, the one makes room whose time is over
first. Nothing is locked: two workers that note two users in one place in the same microsecond may lose one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

SETS: Final = 4096
WAYS: Final = 4
USERS: Final = SETS * WAYS
"""Users who are remembered at a time."""

_WIDTH: Final = 2 * WAYS
WORDS: Final = SETS * _WIDTH
"""Of 64 bits: 256 KiB."""

_KNOWN: Final = 1


class Writers:
    """``words`` are ``WORDS`` zeros at first: sets of ``WAYS`` names, then the ``WAYS`` moments until which they count. ``clock`` tells
    nanoseconds, the same to all workers. ``forgotten`` counts users who had to give way before their time was over."""

    __slots__ = ("_clock", "_words", "forgotten")

    def __init__(self, words: memoryview, clock: Callable[[], int]) -> None:
        self._words = words
        self._clock = clock
        self.forgotten = 0

    def note(self, who: int, window: int) -> None:
        """User ``who``, a number of 63 bits that nobody can choose, writes now, and counts for ``window`` nanoseconds."""
        words, now = self._words, self._clock()
        until = now + window
        at = who % SETS * _WIDTH
        who |= _KNOWN  # 0 is a free place
        row = words[at : at + _WIDTH].tolist()
        if who in row[:WAYS]:
            way = row.index(who)
            words[at + WAYS + way] = max(until, row[WAYS + way])
            return
        moments = row[WAYS:]
        first = min(moments)
        if first > now:
            self.forgotten += 1
        way = at + moments.index(first)
        # The moment first: who comes under the new name must not find the old moment there.
        words[way + WAYS] = until
        words[way] = who

    def wrote_lately(self, who: int) -> bool:
        at = who % SETS * _WIDTH
        who |= _KNOWN
        row = self._words[at : at + _WIDTH].tolist()
        return who in row[:WAYS] and row[WAYS + row.index(who)] > self._clock()
