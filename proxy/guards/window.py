"""What happened in the last seconds: two counts over a sliding window, kept in a bounded number of buckets. Pure; the clock is an argument."""

from __future__ import annotations

from typing import Final

BUCKETS: Final = 10
"""What is counted leaves in steps of a tenth of the window, so it covers between nine tenths and the whole of its time."""


class Window:
    """``total`` is everything that was added within the window, ``marked`` the part that was added as marked."""

    __slots__ = ("_bucket", "_marked", "_now", "_place", "_totals", "_width", "marked", "total")

    def __init__(self, seconds: float) -> None:
        self._width = seconds / BUCKETS
        self.clear()

    def clear(self) -> None:
        self._bucket = self._place = 0
        self._now = -1.0
        self._totals = [0] * BUCKETS
        self._marked = [0] * BUCKETS
        self.total = 0
        self.marked = 0

    def add(self, now: float, *, marked: bool) -> None:
        if now != self._now:  # the clock of the live path moves ten times a second only
            self.advance(now)
        place = self._place
        self._totals[place] += 1
        self.total += 1
        if marked:
            self._marked[place] += 1
            self.marked += 1

    def advance(self, now: float) -> None:
        """Forget what is too old."""
        self._now = now
        bucket = int(now / self._width)
        if bucket > self._bucket:
            self._forget(bucket)

    def _forget(self, bucket: int) -> None:
        """``bucket`` is the present one now."""
        if bucket - self._bucket >= BUCKETS:
            self.clear()
        else:
            for older in range(self._bucket + 1, bucket + 1):
                place = older % BUCKETS
                self.total -= self._totals[place]
                self.marked -= self._marked[place]
                self._totals[place] = self._marked[place] = 0
        self._bucket = bucket
        self._place = bucket % BUCKETS
