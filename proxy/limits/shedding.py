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
    """What is shed; the worst comes last."""

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
    """``step`` is taken at a pressure of ``up`` by one of the causes ``by``, and left when all of them stay below ``down``."""

    step: Step
    up: float
    down: float
    by: tuple[str, ...]

    def reached(self, pressure: Pressure, limit: float) -> bool:
        return any(getattr(pressure, cause) >= limit for cause in self.by)


LADDER: Final = (
    Rung(Step.NO_COPIES, 0.5, 0.4, ("loop", "memory", "connections")),
    # Not for the loop: an idle connection costs it nothing; a request on a new one costs three times as much (measured: 90
    # microseconds of processor time instead of 28, without TLS).
    Rung(Step.NO_KEEP_ALIVE, 0.75, 0.6, ("memory", "connections")),
    # Connections at their limit refuse no request: who is in is served, who comes on top is turned away at the door.
    Rung(Step.REFUSE_HALF, 1.0, 0.85, ("loop", "memory")),
    Rung(Step.REFUSE, 1.25, 1.0, ("loop", "memory")),
    # Not for memory: it would not come back by this, and a 503 tells people more than silence.
    Rung(Step.NO_ACCEPT, 1.5, 1.25, ("loop",)),
)

REFUSED_SHARE: Final = {Step.REFUSE_HALF: 0.5, Step.REFUSE: 1.0, Step.NO_ACCEPT: 1.0}
"""By the highest step."""

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
    """Where one worker stands. Steps are taken at once and left after a calm, each for itself, so that nothing flaps. ``step`` is the
    highest of those that are ``taken``."""

    __slots__ = ("_pressed_at", "step", "taken")

    def __init__(self) -> None:
        self.step = Step.NONE
        self.taken: frozenset[Step] = frozenset()
        self._pressed_at: dict[Step, float] = {}

    def climb(self, pressure: Pressure, now: float) -> bool:
        """Take and leave steps; tells whether anything changed."""
        pressed_at, before = self._pressed_at, self.taken
        for rung in LADDER:
            if rung.reached(pressure, rung.down if rung.step in before else rung.up):
                pressed_at[rung.step] = now
        self.taken = frozenset(step for step, at in pressed_at.items() if now - at < CALM_SECONDS)
        for step in pressed_at.keys() - self.taken:
            del pressed_at[step]
        self.step = max(self.taken, default=Step.NONE)
        return self.taken != before
