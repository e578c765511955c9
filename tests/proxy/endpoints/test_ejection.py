"""When an endpoint is left alone, and for how long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.endpoints.ejection import EjectionState
from proxy.model.resilience import Ejection, Mode


def fail(state: EjectionState, times: int) -> list[bool]:
    return [state.ended(failed=True) for _ in range(times)]


def test_only_failures_in_a_row_count() -> None:
    state = EjectionState(Ejection(failures=3))
    assert fail(state, 2) == [False, False]
    state.ended(failed=False)
    assert fail(state, 3) == [False, False, True]


def test_each_time_lasts_twice_as_long_up_to_the_longest() -> None:
    state = EjectionState(Ejection(base=30, longest=100))
    now, lasted = 0.0, []
    for _ in range(4):
        lasted.append(state.eject(now))
        now += lasted[-1]
        assert state.is_over(now)
        state.come_back(now)
    assert lasted == [30, 60, 100, 100]


def test_who_did_well_for_the_longest_time_begins_anew() -> None:
    state = EjectionState(Ejection(base=30, longest=100))
    state.eject(0.0)
    state.come_back(30.0)
    assert state.eject(60.0) == 60
    state.come_back(120.0)
    assert state.eject(120.0 + 101.0) == 30


def test_failures_of_requests_that_were_under_way_eject_nobody_twice() -> None:
    state = EjectionState(Ejection(failures=1))
    assert fail(state, 1) == [True]
    state.eject(0.0)
    assert fail(state, 3) == [False] * 3


def test_who_only_observes_keeps_nothing_away() -> None:
    state = EjectionState(Ejection(failures=1, mode=Mode.OBSERVE))
    state.eject(0.0)
    assert not state.keeps_away
    assert state.is_over(30.0)


@given(st.lists(st.floats(0, 1000), max_size=200), st.floats(0.1, 100), st.floats(0.1, 1000))
def test_no_ejection_is_shorter_than_the_base_or_longer_than_the_longest(
    pauses: list[float], base: float, longest: float
) -> None:
    state, now = EjectionState(Ejection(base=base, longest=longest)), 0.0
    for pause in pauses:
        seconds = state.eject(now)
        assert min(base, longest) <= seconds <= longest
        now += seconds
        state.come_back(now)
        now += pause
