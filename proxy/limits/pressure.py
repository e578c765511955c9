"""How pressed a worker is: measures the lag of its event loop, its memory and its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.limits.memory import give_back, resident
from proxy.limits.shedding import Lag, Pressure

if TYPE_CHECKING:
    from proxy.live_path import LivePath

GIVEN_BACK = 0.5
"""At this pressure what is free is given back first: only what is in use counts."""

GIVEN_BACK_SECONDS = 1.0
"""How often, at most."""


class Gauge:
    """Called every ``period`` seconds, as far as the loop keeps time."""

    __slots__ = ("_called_at", "_given_back_at", "_lag", "_live", "_period")

    def __init__(self, live: LivePath, period: float) -> None:
        self._live = live
        self._period = period
        self._lag = Lag()
        self._called_at = live.now
        self._given_back_at = 0.0

    def __call__(self, now: float) -> Pressure:
        table = self._live.routing.table
        late, self._called_at = now - self._called_at - self._period, now
        memory = resident()
        if memory >= GIVEN_BACK * table.overload.memory and now >= self._given_back_at + GIVEN_BACK_SECONDS:
            self._given_back_at = now
            give_back()
            memory = resident()
        return Pressure(
            self._lag.note(late) / table.overload.loop_lag,
            memory / table.overload.memory,
            len(self._live.clients) / table.limits.connections,
        )
