"""A bulkhead: how many requests are at a backend, and who waits for a turn. Pure; first come, first served."""

from __future__ import annotations

import enum
from collections import OrderedDict
from typing import Generic, TypeVar

from proxy.model.resilience import Bulkhead, Mode

Waiter = TypeVar("Waiter")


class Entry(enum.Enum):
    """What becomes of a request that wants to go to the backend."""

    GO = "go"
    WAIT = "wait"
    FULL = "full"


GO, WAIT, FULL = Entry  # looking up a member is slow in Python 3.11
OBSERVE = Mode.OBSERVE


class Room(Generic[Waiter]):
    """The places at one backend. Whoever was told GO, or came out of ``leave``, holds a place until it calls ``leave``."""

    __slots__ = ("_waiting", "held", "policy")

    def __init__(self, policy: Bulkhead) -> None:
        self.policy = policy
        self.held = 0
        self._waiting: OrderedDict[Waiter, None] = OrderedDict()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def enter(self, waiter: Waiter) -> Entry:
        """Take a place if one is free, else wait in line, if that is not full. Where the bulkhead only observes, whoever is told FULL
        holds a place all the same."""
        if self.policy.mode is OBSERVE:
            self.held += 1
            return GO if self.held <= self.policy.in_flight + self.policy.queue else FULL
        if self.held < self.policy.in_flight and not self._waiting:
            self.held += 1
            return GO
        if len(self._waiting) >= self.policy.queue:
            return FULL
        self._waiting[waiter] = None
        return WAIT

    def leave(self) -> Waiter | None:
        """Give a place back. Who gets it is returned, and holds it from now on."""
        self.held -= 1
        return self._next() if self._waiting else None

    def step_out(self, waiter: Waiter) -> None:
        """``waiter`` waits no longer."""
        del self._waiting[waiter]

    def use(self, policy: Bulkhead) -> list[Waiter]:
        """Another size from now on. Who gets the places that this frees is returned, and holds them."""
        self.policy = policy
        admitted = []
        while (waiter := self._next()) is not None:
            admitted.append(waiter)
        return admitted

    def _next(self) -> Waiter | None:
        policy = self.policy
        if not self._waiting or (self.held >= policy.in_flight and policy.mode is Mode.ENFORCE):
            return None
        self.held += 1
        return self._waiting.popitem(last=False)[0]
