"""How long a process has said nothing although it could have: what the watchdog goes by. Pure.

A process that gets no processor time is not stuck, and neither is one that stood still together with us (a machine that was
suspended, or SIGSTOP to all of us). So what counts is not the time on the wall, but time through which we lived and it
could have.
"""

from __future__ import annotations

LOOK_SECONDS = 0.5
"""How often somebody looks. No look counts for more: if it comes late, we stood still ourselves."""

RUNNING = "R"
TRACED = "t"

WORDS = {
    "R": "running",
    "S": "sleeping",
    "D": "waiting for a device",
    "T": "stopped by a signal",
}
"""The letters of /proc/PID/stat, for people."""


class Silence:
    """``seconds`` so far."""

    __slots__ = ("_cpu", "_looked_at", "seconds")

    def __init__(self, now: float) -> None:
        self.seconds = 0.0
        self._looked_at = now
        self._cpu = 0.0

    def heard(self) -> None:
        self.seconds = 0.0

    def look(self, now: float, state: str, cpu: float) -> float:
        """Take in that the process is in ``state`` now and has used ``cpu`` seconds of processor time in its life."""
        lived = min(now - self._looked_at, LOOK_SECONDS)
        used = cpu - self._cpu
        self._looked_at, self._cpu = now, cpu
        if state == RUNNING:
            lived = min(lived, used)  # it wants to run: only what it got of the processor is its own time
        elif state == TRACED:
            lived = 0.0  # somebody is looking at it with a debugger
        self.seconds += lived
        return self.seconds
