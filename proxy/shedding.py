"""When a worker sheds what, under overload. Pure; measurements and the clock (seconds) are arguments.

Pressure is how much of what the table allows is used, 1.0 being all: of the event loop's lag, of memory, of connections. The
largest counts. What users do not notice goes first.
"""

from __future__ import annotations

import enum
from collections import deque
from statistics import median
from typing import Final, NamedTuple


class Step(enum.IntEnum):
    """Each does what those below it do, too."""

    NONE = 0
    NO_COPIES = 1
    """Nothing is copied for the shadow, and copies that are still being made are given up."""
    NO_KEEP_ALIVE = 2
    """Idle connections are closed, others after their answer."""
    REFUSE_HALF = 3
    """Every second request gets a 503."""
    REFUSE = 4
    """Every request does, but for one at a time: a limit that was set too low must not end all service for good."""
    NO_ACCEPT = 5
    """New connections are left to the other workers, or wait."""

    @property
    def word(self) -> str:
        return self.name.lower()


class Pressure(NamedTuple):
    loop: float = 0.0
    memory: float = 0.0
    connections: float = 0.0

    @property
    def largest(self) -> float:
        return max(self)


class Rung(NamedTuple):
    """``step`` is taken at a pressure of ``up``, and left when it stays below ``down``. ``by`` are the causes that lead so far."""

    step: Step
    up: float
    down: float
    by: tuple[str, ...]


LADDER: Final = (
    Rung(Step.NO_COPIES, 0.5, 0.4, ("loop", "memory", "connections")),
    Rung(Step.NO_KEEP_ALIVE, 0.75, 0.6, ("loop", "memory", "connections")),
    # Connections at their limit refuse no request: who is in is served, who comes on top is turned away at the door.
    Rung(Step.REFUSE_HALF, 1.0, 0.85, ("loop", "memory")),
    Rung(Step.REFUSE, 1.25, 1.0, ("loop", "memory")),
    # Not for memory: it would not come back by this, and a 503 tells people more than silence.
    Rung(Step.NO_ACCEPT, 1.5, 1.25, ("loop",)),
)

REFUSED_SHARE: Final = {Step.REFUSE_HALF: 0.5, Step.REFUSE: 1.0, Step.NO_ACCEPT: 1.0}

CALM_SECONDS: Final = 0.5
"""How long the pressure must be lower before a step is left."""

SAMPLES: Final = 5
"""Latenesses whose median is the lag."""


class Lag:
    """How late the event loop is. The median of the last few times: a machine that stood still makes one of them enormous, and
    that one tells nothing about the load."""

    __slots__ = ("_late",)

    def __init__(self) -> None:
        self._late = deque([0.0] * SAMPLES, maxlen=SAMPLES)

    def note(self, late: float) -> float:
        """Take in one measurement; gives the lag."""
        self._late.append(max(late, 0.0))
        return median(self._late)


class Ladder:
    """Where one worker stands. It goes up at once and comes down after a calm, so that it does not flap."""

    __slots__ = ("_calm_since", "step")

    def __init__(self) -> None:
        self.step = Step.NONE
        self._calm_since: float | None = None

    def climb(self, pressure: Pressure, now: float) -> Step:
        """The step under this pressure."""
        up = _highest(pressure, [rung.up for rung in LADDER])
        down = _highest(pressure, [rung.down for rung in LADDER])
        self.step = max(self.step, up)
        if down >= self.step:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since >= CALM_SECONDS:
            self.step = down
            self._calm_since = None
        return self.step


def _highest(pressure: Pressure, limits: list[float]) -> Step:
    reached = [
        rung.step
        for rung, limit in zip(LADDER, limits, strict=True)
        if any(getattr(pressure, cause) >= limit for cause in rung.by)
    ]
    return max(reached, default=Step.NONE)
