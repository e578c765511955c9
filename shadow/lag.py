"""How late the event loop is: while it is busy comparing, it sees answers later than they came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

STEP_SECONDS: Final = 0.02
FADING: Final = 0.5
"""What is left of an old lag with each step."""

TOLERATED_SECONDS: Final = 0.010
"""No tick of a kernel's clock is longer; and it is half of what makes a candidate count as slower."""
TOLERATED_SHARE: Final = 0.1
"""Of a measured latency."""


class Lag:
    """``seconds`` is how late the loop was lately. ``clock`` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.seconds = 0.0

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            due = self._clock() + STEP_SECONDS
            await asyncio.sleep(STEP_SECONDS)
            self.seconds = max(self._clock() - due, self.seconds * FADING)

    def counted(self, measured: float, on_the_wire: float | None) -> float | None:
        """The latency that counts of one ``measured`` here, in seconds. ``on_the_wire`` is what the kernel says, None where it says
        nothing: then a latency does not count that may be our own lateness rather than the backend's."""
        tolerated = max(TOLERATED_SECONDS, measured * TOLERATED_SHARE)
        if on_the_wire is None:
            return measured if self.seconds <= tolerated else None
        return measured if measured - on_the_wire <= tolerated else on_the_wire
