"""The breaker as a state machine: what each state lets through, and what moves it to the next."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from proxy.guards.breaker import NO_TICKET, Circuit, State
from proxy.model.resilience import Breaker

POLICY = Breaker(errors=0.5, volume=4, window=10.0, open=5.0, probes=2, recovery=10.0)


def dice() -> float:
    return 0.5


def never() -> float:
    raise AssertionError("the dice are only for recovering")


def send(circuit: Circuit, now: float, *, failed: bool | None) -> bool:
    ticket = circuit.admit(now, dice)
    circuit.ended(ticket, now, failed=failed)
    return ticket != NO_TICKET


def opened(policy: Breaker = POLICY, at: float = 100.0) -> Circuit:
    circuit = Circuit(policy)
    while circuit.state is State.CLOSED:
        assert send(circuit, at, failed=True)
    return circuit


def test_it_opens_only_at_the_ratio_and_the_volume() -> None:
    circuit = Circuit(POLICY)
    for failed in (True, True, True):
        assert send(circuit, 100.0, failed=failed)
        assert circuit.state is State.CLOSED
    assert send(circuit, 100.0, failed=True)
    assert circuit.state is State.OPEN

    circuit = Circuit(POLICY)
    for failed in (False, False, False, True, True):
        assert send(circuit, 100.0, failed=failed)
    assert circuit.state is State.CLOSED
    assert send(circuit, 100.0, failed=True)
    assert circuit.state is State.OPEN


def test_a_good_answer_may_complete_the_volume() -> None:
    circuit = Circuit(POLICY)
    for failed in (True, True, True, False):
        send(circuit, 100.0, failed=failed)
    assert circuit.state is State.OPEN


def test_failures_spread_wider_than_the_window_do_not_open_it() -> None:
    circuit = Circuit(POLICY)
    for at in range(0, 1000, 4):
        assert send(circuit, float(at), failed=True)
    assert circuit.state is State.CLOSED


@pytest.mark.promise("C6")
def test_requests_that_say_nothing_do_not_count() -> None:
    circuit = Circuit(POLICY)
    for _ in range(100):
        assert send(circuit, 100.0, failed=None)
    assert circuit.counted == (0, 0)


def test_open_lets_nobody_through_until_its_time_is_over_and_says_when_that_is() -> None:
    circuit = opened()
    for now, left in ((100.0, 5.0), (103.0, 2.0), (104.9, 0.1)):
        assert circuit.admit(now, never) == NO_TICKET
        assert circuit.retry_after(now) == pytest.approx(left)
    assert circuit.admit(105.0, never) != NO_TICKET
    assert circuit.state is State.PROBING


@given(since=st.floats(0.0, 1e9))
def test_nobody_is_told_to_wait_longer_than_it_stays_open(since: float) -> None:
    assert opened(at=since).retry_after(since) <= POLICY.open


def test_so_many_probes_at_a_time() -> None:
    circuit = opened()
    first, second = circuit.admit(105.0, never), circuit.admit(105.0, never)
    assert NO_TICKET not in {first, second}
    assert circuit.admit(105.0, never) == NO_TICKET
    circuit.ended(first, 105.0, failed=None)
    assert circuit.admit(105.0, never) != NO_TICKET
    assert circuit.admit(105.0, never) == NO_TICKET


def test_one_bad_probe_opens_it_again_for_the_whole_time() -> None:
    circuit = opened()
    ticket = circuit.admit(105.0, never)
    circuit.ended(ticket, 106.0, failed=True)
    assert circuit.state is State.OPEN
    assert circuit.admit(110.9, never) == NO_TICKET
    assert circuit.admit(111.0, never) != NO_TICKET


def test_after_good_probes_the_share_let_through_grows_to_all() -> None:
    circuit = opened()
    for _ in range(2):
        assert send(circuit, 105.0, failed=False)
    assert circuit.state is State.RECOVERING
    for now, share in ((105.0, 0.0), (107.0, 0.2), (110.0, 0.5), (114.0, 0.9)):
        let_through = sum(circuit.admit(now, lambda draw=n / 1000: draw) != NO_TICKET for n in range(1000))  # type: ignore[misc]
        assert let_through == pytest.approx(share * 1000, abs=1)
    assert circuit.admit(115.0, never) != NO_TICKET
    assert circuit.state is State.CLOSED


def test_without_a_recovery_good_probes_close_it_at_once() -> None:
    circuit = opened(Breaker(volume=2, open=5.0, probes=1, recovery=0.0))
    assert send(circuit, 105.0, failed=False)
    assert circuit.state is State.CLOSED


def test_the_same_rule_opens_it_again_while_it_recovers() -> None:
    circuit = opened()
    for _ in range(2):
        send(circuit, 105.0, failed=False)
    for _ in range(4):
        assert send(circuit, 112.0, failed=True)
    assert circuit.state is State.OPEN


def test_what_was_counted_while_it_recovered_counts_when_it_closes() -> None:
    circuit = opened()
    for _ in range(2):
        send(circuit, 105.0, failed=False)
    late = circuit.admit(114.0, dice)
    for _ in range(3):
        send(circuit, 115.0, failed=True)
    assert circuit.state is State.CLOSED
    circuit.ended(late, 115.0, failed=True)
    assert circuit.state is State.OPEN


def test_a_request_from_before_it_opened_neither_closes_nor_reopens_it() -> None:
    circuit = Circuit(POLICY)
    old = circuit.admit(100.0, never)
    for _ in range(4):
        send(circuit, 100.0, failed=True)
    probe = circuit.admit(105.0, never)
    circuit.ended(old, 105.0, failed=False)
    circuit.ended(old, 105.0, failed=False)
    assert circuit.state is State.PROBING
    circuit.ended(old, 105.0, failed=True)
    assert circuit.state is State.PROBING
    circuit.ended(probe, 105.0, failed=False)
    assert send(circuit, 105.0, failed=False)
    assert circuit.state is State.RECOVERING


def test_probes_that_never_end_make_room_for_others() -> None:
    circuit = opened()
    stuck = [circuit.admit(105.0, never) for _ in range(2)]
    assert circuit.admit(109.9, never) == NO_TICKET
    assert circuit.admit(110.0, never) != NO_TICKET
    for ticket in stuck:
        circuit.ended(ticket, 110.0, failed=True)
    assert circuit.state is State.PROBING


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 20), st.sampled_from([0.01, 0.3, 0.5, 1.0]))
def test_it_is_open_exactly_if_ratio_and_volume_were_reached_once(
    failures: list[bool], volume: int, errors: float
) -> None:
    circuit = Circuit(Breaker(errors=errors, volume=volume))
    for at, failed in enumerate(failures, 1):
        if circuit.state is State.OPEN:
            return
        send(circuit, 100.0, failed=failed)
        bad = sum(failures[:at])
        assert (circuit.state is State.OPEN) == (at >= volume and bad > 0 and bad >= errors * at)


class Life(RuleBasedStateMachine):
    """Any order of arrivals, endings and time: what must hold of every one."""

    @initialize(
        errors=st.sampled_from([0.1, 0.5, 1.0]),
        volume=st.integers(1, 5),
        probes=st.integers(1, 3),
        recovery=st.sampled_from([0.0, 4.0]),
    )
    def begin(self, errors: float, volume: int, probes: int, recovery: float) -> None:
        self.policy = Breaker(errors, volume, window=10.0, open=3.0, probes=probes, recovery=recovery)
        self.circuit = Circuit(self.policy)
        self.now = 1000.0
        self.out: list[int] = []
        self.opened_at = -math.inf
        self.before = State.CLOSED

    def _moved(self) -> None:
        state = self.circuit.state
        allowed = {
            State.CLOSED: {State.OPEN},
            State.OPEN: {State.PROBING},
            State.PROBING: {State.OPEN, State.RECOVERING, State.CLOSED},
            State.RECOVERING: {State.OPEN, State.CLOSED},
        }
        assert state is self.before or state in allowed[self.before]
        if state is State.OPEN and self.before is not State.OPEN:
            self.opened_at = self.now
        self.before = state

    @rule(draw=st.floats(0.0, 1.0, exclude_max=True))
    def arrive(self, draw: float) -> None:
        ticket = self.circuit.admit(self.now, lambda: draw)
        self._moved()
        if ticket == NO_TICKET:
            assert self.before is not State.CLOSED
            return
        assert self.now - self.opened_at >= self.policy.open
        self.out.append(ticket)
        if self.before is State.PROBING:
            assert self.out.count(ticket) <= self.policy.probes

    @precondition(lambda self: self.out)
    @rule(data=st.data(), failed=st.sampled_from([True, False, None]))
    def end(self, data: st.DataObject, failed: bool | None) -> None:
        ticket = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        self.circuit.ended(ticket, self.now, failed=failed)
        self._moved()

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 20.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def a_closed_breaker_is_below_its_limits(self) -> None:
        if self.circuit.state is State.CLOSED:
            bad, total = self.circuit.counted
            assert total < self.policy.volume or bad == 0 or bad < self.policy.errors * total

    def teardown(self) -> None:
        """However it came to be as it is: a backend that is well again gets everything back."""
        if not hasattr(self, "circuit"):
            return
        for _ in range(200):
            self.now += 1.0
            send(self.circuit, self.now, failed=False)
        assert self.circuit.state is State.CLOSED


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow])
