"""What a worker does under overload: at each tick it asks ``pressure`` how bad it is, and sheds what ``shedding`` says.

``LivePath.shed`` is this object from the first step on and None below it, so that a request pays one look while nothing is wrong.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from proxy.fields import Refused
from proxy.limits.pressure import Gauge
from proxy.limits.shedding import REFUSED_SHARE, Ladder, Pressure, Step
from proxy.model.decision import Skip
from proxy.model.resilience import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.live_path import LivePath

log = logging.getLogger(__name__)

CLOSED_AT_ONCE = 200
"""Idle connections closed in one tick: their clients come back, and must not do so all at once."""

RETRY_SECONDS = 3
"""Who is refused is told to come back after one to so many seconds, so that not all come together."""

_OVERLOADED = "The proxy is overloaded; please come back in a moment."


class Shedder:
    """``tick`` measures and acts; ``admit`` and ``drops_copy`` are asked for each request while ``step`` is above NONE. Where the
    table only observes, what would be shed is counted, and nothing is."""

    __slots__ = (
        "_ladder", "_live", "_slots", "_spare", "_step_slot", "enforced", "measure",
    )  # fmt: skip

    def __init__(self, live: LivePath, worker: str, period: float) -> None:
        self.enforced = True
        self.measure: Callable[[float], Pressure] = Gauge(live, period)
        self._live = live
        self._ladder = Ladder()
        self._spare = False
        slot = live.counters.slot
        self._slots = [slot("strangler_pressure", worker=worker, of=cause) for cause in Pressure._fields]
        self._step_slot = slot("strangler_shed_step", worker=worker)

    def tick(self, now: float) -> None:
        """Called every ``period`` seconds."""
        live = self._live
        self.enforced = live.routing.table.overload.mode is Mode.ENFORCE
        pressure = self.measure(now)
        before = self.step
        if self._ladder.climb(pressure, now):
            self._changed(before, pressure)
        if self.step:
            self._relieve()
        for slot, share in zip(self._slots, pressure, strict=True):
            live.values[slot] = int(share * 100)
        live.values[self._step_slot] = self.step

    @property
    def step(self) -> Step:
        return self._ladder.step

    def _changed(self, before: Step, pressure: Pressure) -> None:
        step = self.step
        tell = log.warning if step > before else log.info
        tell(
            "load shedding",
            extra={
                "step": step.word,
                "before": before.word,
                "taken": [taken.word for taken in sorted(self._ladder.taken)],
                "pressure": {cause: round(share, 2) for cause, share in pressure._asdict().items()},
                "mode": "enforce" if self.enforced else "observe",
            },
        )
        self._live.shed = self if step else None
        if not before and self.enforced:
            for passage in self._live.passages():
                if passage.tee is not None:
                    passage.tee.give_up(Skip.OVERLOAD)

    def _relieve(self) -> None:
        """What is done at every tick as long as it lasts."""
        if not self.keeps_alive:
            self._close_idle()
        self._spare = next(self._live.passages(), None) is None

    def _close_idle(self) -> None:
        closed = 0
        for client in list(self._live.clients):
            if closed >= CLOSED_AT_ONCE:
                break
            if client.leaves_when_asked():
                client.drain()
                closed += 1
        self._count("connection", closed)

    @property
    def keeps_alive(self) -> bool:
        return Step.NO_KEEP_ALIVE not in self._ladder.taken or not self.enforced

    @property
    def accepts(self) -> bool:
        return Step.NO_ACCEPT not in self._ladder.taken or not self.enforced

    def admit(self) -> None:
        """Let a new request in. Raises Refused."""
        share = REFUSED_SHARE.get(self.step, 0.0)
        dice = self._live.dice
        if not share or dice() >= share:
            return
        if self._spare:
            self._spare = False
            return
        self._count("request", 1)
        if self.enforced:
            retry = 1 + int(dice() * RETRY_SECONDS)
            raise Refused(503, "overload", _OVERLOADED, b"Retry-After: %d\r\n" % retry)

    def drops_copy(self) -> bool:
        """Whether a request that would be copied is not."""
        self._count("copy", 1)
        return self.enforced

    def _count(self, what: str, count: int) -> None:
        if count:
            mode = Mode.ENFORCE if self.enforced else Mode.OBSERVE
            self._live.counters.add("strangler_shed", count, what=what, mode=mode)
