"""What a client may do that brings it nothing: a bucket of points that fills with time and with useful work. Pure."""

from __future__ import annotations

IDLE_FRAMES = 1000
IDLE_FRAMES_RATE = 50
"""Frames that bring nothing: at once, and a second. PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, empty DATA, unknown ones."""

EARNED = 8
"""Frames that bring nothing allowed for each request, and for each frame of an answer: clients open windows as they read."""

GIVEN_UP = 200
GIVEN_UP_RATE = 20
"""Streams that a client gives up, or has us reset, before they are answered: at once, and a second (CVE-2023-44487)."""


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


def budget_of_frames(now: float) -> Budget:
    return Budget(IDLE_FRAMES, IDLE_FRAMES_RATE, now)


def budget_of_streams(now: float) -> Budget:
    return Budget(GIVEN_UP, GIVEN_UP_RATE, now)
