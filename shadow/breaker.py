"""A breaker: spares a backend that fails, and us the wait for it. Pure; the clock is an argument, in seconds."""

from __future__ import annotations

FAILURES = 5
"""Failures in a row until it opens."""

PAUSE = 1.0
PAUSE_MOST = 30.0
"""Seconds it stays open: the first time, and at most. Each probe that fails doubles it."""


class Breaker:
    """Closed: everything may go. Open: nothing, until the pause is over; then one probe, whose result decides."""

    __slots__ = ("_failures", "_open_until", "_pause", "_probing")

    def __init__(self) -> None:
        self._failures = 0
        self._pause = PAUSE
        self._open_until: float | None = None
        self._probing = False

    def allows(self, now: float) -> bool:
        """Whether one request may go now. True while open means that it is the probe: its result must be told."""
        if self._open_until is None:
            return True
        if self._probing or now < self._open_until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._pause = PAUSE
        self._open_until = None
        self._probing = False

    def failed(self, now: float) -> None:
        if self._probing:
            self._probing = False
            self._pause = min(self._pause * 2, PAUSE_MOST)
            self._open_until = now + self._pause
            return
        self._failures += 1
        if self._open_until is None and self._failures >= FAILURES:
            self._open_until = now + self._pause

    def gave_up(self) -> None:
        """The request ended without telling anything about the backend; the next one may probe."""
        self._probing = False

    def __repr__(self) -> str:
        state = "closed" if self._open_until is None else "probing" if self._probing else "open"
        return f"<Breaker {state}, {self._failures} failures>"
