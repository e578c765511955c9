"""How pressed a worker is: measures the lag of its event loop, its memory and its connections."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from proxy.limits.memory import give_back, resident
from proxy.limits.shedding import LADDER, Lag, Pressure

if TYPE_CHECKING:
    from proxy.live_path import LivePath

GIVEN_BACK: Final = min(rung.down for rung in LADDER if "memory" in rung.by)
"""At this pressure what is free is given back first: only what is in use counts. It is that of the lowest step's end, or memory
that is only held on to could keep a worker at that step for good."""

GIVEN_BACK_SECONDS: Final = 1.0
"""How often, at most."""
GIVEN_BACK_SHARE: Final = 0.02
"""Of the worker's time, at most: the larger its heap is, the longer it takes to look through."""


class Gauge:
    """Called every ``period`` seconds, as far as the loop keeps time."""

    __slots__ = ("_called_at", "_give_back_at", "_lag", "_live", "_period")

    def __init__(self, live: LivePath, period: float) -> None:
        self._live = live
        self._period = period
        self._lag = Lag()
        self._called_at = live.now
        self._give_back_at = 0.0

    def __call__(self, now: float) -> Pressure:
        table = self._live.routing.table
        late, self._called_at = now - self._called_at - self._period, now
        memory = resident()
        if memory >= GIVEN_BACK * table.overload.memory and now >= self._give_back_at:
            began = time.thread_time()
            give_back()
            took = time.thread_time() - began
            self._give_back_at = now + max(GIVEN_BACK_SECONDS, took / GIVEN_BACK_SHARE)
            memory = resident()
        return Pressure(
            self._lag.note(late) / table.overload.loop_lag,
            memory / table.overload.memory,
            len(self._live.clients) / table.limits.connections,
        )
