"""The guard of one backend: asks its bulkhead and its breaker for every try, and tells them, people and metrics how it went.

A try has a permit from here. However the try ends, the permit is ended once; that gives back its place and its ticket. Whom the
guard turns away is told so in the next turn of the loop, never at once: a thousand pipelined requests that are all turned away
must not become a thousand nested calls.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from proxy.attempt import go
from proxy.guards.breaker import NO_TICKET, PROBING, Circuit, State, is_failure
from proxy.guards.bulkhead import FULL, GO, WAIT, Room
from proxy.mend import turn_away
from proxy.model.resilience import Bulkhead, Mode
from proxy.replies import TurnedAway

if TYPE_CHECKING:
    from proxy.backends import Outcome
    from proxy.live_path import LivePath
    from proxy.model.table import Backend
    from proxy.passage import Passage

log = logging.getLogger(__name__)

SELDOM: Final = 10.0
"""Seconds between two log lines about a bulkhead that turns requests away."""


class Permit:
    """What one try holds: a place in the room or in the line before it, and a ticket of the breaker."""

    __slots__ = ("circuit", "ended", "fresh", "guard", "passage", "room", "ticket", "waiting")

    def __init__(self, guard: Guard, passage: Passage, *, fresh: bool) -> None:
        self.guard = guard
        self.passage = passage
        self.fresh = fresh
        self.room: Room[Permit] | None = None
        self.circuit: Circuit | None = None
        self.ticket = NO_TICKET
        self.waiting = False
        self.ended = False

    def answered(self, status: int) -> None:
        """The answer begins. A probe has told what it was to tell, though its answer may last for hours."""
        if self.circuit is not None and self.circuit.state is PROBING:
            self.give_back(status)

    def end(self, outcome: Outcome) -> None:
        if self.ended:
            return
        self.ended = True
        self.give_back(outcome)
        if self.room is None:
            return
        if self.waiting:
            self.guard.steps_out(self, self.room)
        elif (waiter := self.room.leave()) is not None:
            waiter.guard.goes(waiter)

    def cancel(self) -> None:
        """Nobody waits for this try any more."""
        self.end(None)

    def give_back(self, outcome: Outcome) -> None:
        """The ticket; the place is kept."""
        if self.circuit is not None and self.ticket != NO_TICKET:
            self.circuit.ended(self.ticket, self.guard.live.now, failed=is_failure(outcome))
            self.ticket = NO_TICKET
            if self.circuit.state is not self.guard.shown:
                self.guard.watch(self.circuit)


class Guard:
    """Outlives tables, like the backend that it belongs to."""

    __slots__ = ("_circuit", "_endpoints", "_name", "_room", "_states", "_told_at", "_waiting", "live", "shown")

    def __init__(self, name: str, live: LivePath) -> None:
        self.live = live
        self._name = name
        self._circuit: Circuit | None = None
        self._room: Room[Permit] | None = None
        self._endpoints: object = None
        self.shown: State | None = None
        self._told_at = -SELDOM
        slot = live.counters.slot
        self._states = {state: slot("strangler_breaker_state", backend=name, state=state) for state in State}
        self._waiting = slot("strangler_bulkhead_waiting", backend=name)

    def use(self, backend: Backend) -> None:
        """What the table in force says. Tries under way keep what they hold."""
        circuit, policy = self._circuit, backend.breaker
        if policy is None:
            self._circuit = None
        elif circuit is None or circuit.policy != policy or self._endpoints != backend.endpoints:
            self._circuit = Circuit(policy)  # what was learned of other machines says nothing
        self._endpoints = backend.endpoints
        self._show(self._circuit.state if self._circuit else None)
        if backend.bulkhead is None:
            self._resize(Bulkhead(1, mode=Mode.OBSERVE))
            self._room = None
        elif self._room is None:
            self._room = Room(backend.bulkhead)
        else:
            self._resize(backend.bulkhead)

    def close(self) -> None:
        """The table does not name the backend any more. Who waits for a place still gets it."""
        self._circuit = None
        self._show(None)

    # What a try does.

    def lets(self, passage: Passage, *, fresh: bool) -> bool:
        """Whether the passage may go to the backend now. If not, it is told later to go, or that it is turned away."""
        permit = passage.permit = Permit(self, passage, fresh=fresh)
        if not self._admits(permit):
            return False
        room = self._room
        if room is None:
            return True
        entry = room.enter(permit)
        if entry is GO:
            permit.room = room
            return True
        if entry is WAIT:
            permit.give_back(None)  # it asks the breaker again when its turn comes
            permit.room = room
            permit.waiting = True
            self.live.values[self._waiting] += 1
            passage.connecting = permit
            # From this moment, not from the last tick: these waits are short.
            passage.wait(room.policy.queue_wait + self.live.loop.time() - self.live.now)
            return False
        if entry is FULL and self._turns_away(permit, TurnedAway.BULKHEAD_FULL, room.policy.mode, self.queue_wait):
            permit.give_back(None)
            return False
        permit.room = room
        return True

    def goes(self, permit: Permit) -> None:
        """A place is free for one who waited."""
        self._out_of_line(permit)
        if self._admits(permit):
            passage = permit.passage
            passage.connecting = None
            go(passage, fresh=permit.fresh)
            if passage.connection is not None:
                passage.client.hold_for_connect(False)

    def steps_out(self, permit: Permit, room: Room[Permit]) -> None:
        room.step_out(permit)
        self._out_of_line(permit)

    def waited_too_long(self, permit: Permit) -> None:
        self._tell(TurnedAway.BULKHEAD_WAIT, Mode.ENFORCE)
        turn_away(permit.passage, TurnedAway.BULKHEAD_WAIT, self.queue_wait)

    def watch(self, circuit: Circuit) -> None:
        """The breaker has changed its state: tell."""
        if circuit is not self._circuit:
            return  # a table has another one
        before, state = self.shown, circuit.state
        self._show(state)
        self.live.counters.add("strangler_breaker_changes", backend=self._name, to=state)
        failed, requests = circuit.counted
        log.log(
            logging.WARNING if state is State.OPEN else logging.INFO,
            "breaker changed",
            extra={
                "backend": self._name,
                "before": before,
                "state": state,
                "failed": failed,
                "requests": requests,
                "mode": circuit.policy.mode,
            },
        )

    @property
    def queue_wait(self) -> float:
        return self._room.policy.queue_wait if self._room is not None else 0.0

    # Inside.

    def _admits(self, permit: Permit) -> bool:
        circuit, asked_before = self._circuit, permit.circuit
        permit.circuit = circuit
        if circuit is None:
            return True
        now = self.live.now
        permit.ticket = circuit.admit(now, self.live.dice)
        if circuit.state is not self.shown:
            self.watch(circuit)
        if circuit is asked_before and circuit.policy.mode is Mode.OBSERVE:
            return True  # what would be done about this try is counted already
        return permit.ticket != NO_TICKET or not self._turns_away(
            permit, TurnedAway.BREAKER_OPEN, circuit.policy.mode, circuit.retry_after(now)
        )

    def _turns_away(self, permit: Permit, reason: TurnedAway, mode: Mode, retry_after: float) -> bool:
        """False where the guard only observes."""
        self._tell(reason, mode)
        if mode is Mode.OBSERVE:
            return False
        passage = permit.passage
        passage.connecting = self.live.loop.call_soon(turn_away, passage, reason, retry_after)
        return True

    def _tell(self, reason: TurnedAway, mode: Mode) -> None:
        self.live.counters.add("strangler_turned_away", backend=self._name, reason=reason, mode=mode)
        now = self.live.now
        if reason is not TurnedAway.BREAKER_OPEN and now - self._told_at >= SELDOM:
            self._told_at = now
            waiting = self._room.waiting if self._room is not None else 0
            extra = {"backend": self._name, "reason": reason, "waiting": waiting, "mode": mode}
            log.warning("bulkhead turns requests away", extra=extra)

    def _out_of_line(self, permit: Permit) -> None:
        permit.waiting = False
        self.live.values[self._waiting] -= 1

    def _resize(self, policy: Bulkhead) -> None:
        if self._room is not None:
            for permit in self._room.use(policy):
                self.goes(permit)

    def _show(self, state: State | None) -> None:
        self.shown = state
        for one, slot in self._states.items():
            self.live.values[slot] = int(one is state)
