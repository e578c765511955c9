"""A circuit breaker: spares a backend that fails, and clients the wait for it. Pure; clock (seconds) and dice are arguments.

    closed      everybody is let through; failures are counted in a sliding window
    open        nobody is, for a while
    probing     a few at a time, to see how it is
    recovering  a share that grows to all, so that a backend with cold caches is not felled again

Whoever is let through holds a ticket and gives it back with how it went. A ticket of an earlier state says nothing: a request
that began before the breaker opened must not close it, nor open it again.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final

from proxy.guards.window import Window
from proxy.model.resilience import Breaker
from proxy.replies import Failure

Dice = Callable[[], float]

NO_TICKET: Final = 0

FAILING: Final = frozenset({502, 503, 504})
"""Statuses by which a backend says that it, or what stands behind it, is not there. Not 500: that is an answer, often to one kind of
request only, and a stranger who finds such a request must not be able to close the backend for everybody."""


def is_failure(outcome: Failure | int | None) -> bool | None:
    """What the end of a try says of the backend; None: nothing, as when the client left."""
    if outcome is None:
        return None
    return outcome in FAILING if isinstance(outcome, int) else True


class State(enum.StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"
    RECOVERING = "recovering"


CLOSED, OPEN, PROBING, RECOVERING = State  # looking up a member is slow in Python 3.11


class Circuit:
    """The breaker of one backend, as one worker sees it."""

    __slots__ = ("_good", "_probes", "_since", "_ticket", "_window", "policy", "state")

    def __init__(self, policy: Breaker) -> None:
        self.policy = policy
        self.state = CLOSED
        self._window = Window(policy.window)
        self._ticket = NO_TICKET + 1
        self._since = 0.0
        self._probes = 0
        self._good = 0

    def admit(self, now: float, dice: Dice) -> int:
        """A ticket for one request, or NO_TICKET: it must not go."""
        if self.state is CLOSED:
            return self._ticket
        if self.state is OPEN and now - self._since >= self.policy.open:
            self._become(PROBING, now)
        if self.state is PROBING:
            return self._probe(now)
        if self.state is RECOVERING:
            return self._share(now, dice)
        return NO_TICKET

    def ended(self, ticket: int, now: float, *, failed: bool | None) -> None:
        """Give a ticket back; ``failed`` None: the request says nothing about the backend."""
        if ticket != self._ticket:
            return
        if self.state is PROBING:
            self._probed(now, failed)
        elif failed is not None:
            window, policy = self._window, self.policy
            window.add(now, marked=failed)
            if window.marked and window.total >= policy.volume and window.marked >= policy.errors * window.total:
                self._become(OPEN, now)

    def retry_after(self, now: float) -> float:
        """Seconds until somebody may be let through; never more than ``policy.open``, which ``since + open - now`` can be by rounding."""
        return max(0.0, self.policy.open - (now - self._since)) if self.state is OPEN else 0.0

    @property
    def counted(self) -> tuple[int, int]:
        """Failures, and requests, in the window."""
        return self._window.marked, self._window.total

    def _probe(self, now: float) -> int:
        if now - self._since >= self.policy.open:
            # Probes that take this long tell nothing in time: others have their turn.
            self._become(PROBING, now)
        if self._probes >= self.policy.probes:
            return NO_TICKET
        self._probes += 1
        return self._ticket

    def _probed(self, now: float, failed: bool | None) -> None:
        self._probes -= 1
        if failed:
            self._become(OPEN, now)
        elif failed is not None:
            self._good += 1
            if self._good >= self.policy.probes:
                self._become(RECOVERING if self.policy.recovery else CLOSED, now)

    def _share(self, now: float, dice: Dice) -> int:
        share = (now - self._since) / self.policy.recovery
        if share >= 1.0:
            self.state = CLOSED  # with what was counted while it recovered, and its tickets
            return self._ticket
        return self._ticket if dice() < share else NO_TICKET

    def _become(self, state: State, now: float) -> None:
        self.state = state
        self._since = now
        self._ticket += 1
        self._probes = self._good = 0
        if state is not OPEN:
            self._window.clear()

    def __repr__(self) -> str:
        return f"<Circuit {self.state}, {self._window.marked} of {self._window.total} failed>"
