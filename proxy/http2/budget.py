"""What a client may do that brings it nothing: a bucket of points that fills with time and with useful work. Pure."""

from __future__ import annotations


class Budget:
    """``burst`` points at most, ``rate`` of them come back a second. ``now`` is any clock's seconds."""

    __slots__ = ("_burst", "_points", "_rate", "_since")

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self._burst = burst
        self._rate = rate
        self._points = burst
        self._since = now

    def spend(self, points: float, now: float) -> bool:
        """Whether the budget allows it. Once it does not, the client has been told to go."""
        self.earn((now - self._since) * self._rate)
        self._since = now
        self._points -= points
        return self._points >= 0

    def earn(self, points: float) -> None:
        self._points = min(self._burst, self._points + points)
