"""The ladder of load shedding: what goes first, what comes back, and that nothing flaps."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.limits.shedding import CALM_SECONDS, LADDER, SAMPLES, Ladder, Lag, Pressure, Rung, Step

TICK = 0.1
shares = st.floats(0.0, 3.0)
pressures = st.builds(Pressure, shares, shares, shares)


def climb(ladder: Ladder, pressure: Pressure, now: float) -> Step:
    ladder.climb(pressure, now)
    return ladder.step


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("pressure", "step"),
    [
        (0.49, Step.NONE),
        (0.5, Step.NO_COPIES),
        (0.75, Step.NO_KEEP_ALIVE),
        (1.0, Step.REFUSE_HALF),
        (1.25, Step.REFUSE),
        (1.5, Step.NO_ACCEPT),
    ],
)
def test_what_users_do_not_notice_goes_first(pressure: float, step: Step) -> None:
    ladder = Ladder()
    assert climb(ladder, Pressure(loop=pressure, memory=pressure), 0.0) is step
    assert ladder.taken == {lower for lower in Step if Step.NONE < lower <= step}


def test_the_worst_of_three_causes_counts() -> None:
    assert climb(Ladder(), Pressure(loop=0.1, memory=0.8, connections=0.6), 0.0) is Step.NO_KEEP_ALIVE
    assert Pressure(loop=0.1, memory=0.8, connections=0.6).largest == 0.8


def test_connections_alone_never_refuse_a_request_of_one_who_is_in() -> None:
    assert climb(Ladder(), Pressure(connections=50.0), 0.0) is Step.NO_KEEP_ALIVE


def test_a_loop_that_is_late_keeps_its_connections() -> None:
    ladder = Ladder()
    climb(ladder, Pressure(loop=1.0), 0.0)
    assert ladder.taken == {Step.NO_COPIES, Step.REFUSE_HALF}
    climb(ladder, Pressure(loop=1.0, connections=0.75), 0.1)
    assert ladder.taken == {Step.NO_COPIES, Step.NO_KEEP_ALIVE, Step.REFUSE_HALF}


def test_memory_alone_never_stops_accepting() -> None:
    assert climb(Ladder(), Pressure(memory=50.0), 0.0) is Step.REFUSE


def test_the_ladder_is_in_order_and_each_step_is_left_below_where_it_is_taken() -> None:
    assert [rung.step for rung in LADDER] == [step for step in Step if step]
    for rung in LADDER:
        assert rung.down < rung.up
    for lower, higher in itertools.pairwise(LADDER):
        assert lower.up < higher.up
        assert lower.down < higher.down


def test_a_step_is_left_after_a_calm_and_not_before() -> None:
    ladder = Ladder()
    climb(ladder, Pressure(loop=2.0), 1.0)
    assert climb(ladder, Pressure(), 1.1) is Step.NO_ACCEPT
    assert climb(ladder, Pressure(), 1.0 + CALM_SECONDS - 0.01) is Step.NO_ACCEPT
    assert climb(ladder, Pressure(), 1.0 + CALM_SECONDS) is Step.NONE


def test_a_calm_that_is_interrupted_begins_anew() -> None:
    ladder = Ladder()
    climb(ladder, Pressure(loop=1.0), 0.0)
    climb(ladder, Pressure(), 0.1)
    climb(ladder, Pressure(loop=0.9), 0.4)
    assert climb(ladder, Pressure(), CALM_SECONDS + 0.1) is Step.REFUSE_HALF
    assert climb(ladder, Pressure(), CALM_SECONDS + 0.4) is Step.NONE


def pressure_of(rung: Rung, share: float) -> Pressure:
    return Pressure()._replace(**{rung.by[0]: share})


@given(st.sampled_from(LADDER), st.lists(st.floats(0.0, 1.0), max_size=50))
def test_between_the_two_thresholds_nothing_changes_however_pressure_moves(rung: Rung, moves: list[float]) -> None:
    ladder, now = Ladder(), 0.0
    ladder.climb(pressure_of(rung, rung.up), now)
    for move in moves:
        now += TICK
        between = rung.down + move * (rung.up - rung.down)
        ladder.climb(pressure_of(rung, min(between, rung.up)), now)
        assert rung.step in ladder.taken


@given(st.lists(pressures, max_size=60), pressures)
def test_whatever_came_before_pressure_that_stays_ends_at_the_step_that_belongs_to_it(
    before: list[Pressure], now: Pressure
) -> None:
    ladder, clock = Ladder(), 0.0
    for pressure in before:
        clock += TICK
        climb(ladder, pressure, clock)
    ladder.climb(now, clock + TICK)
    ladder.climb(now, clock + 2 * TICK + CALM_SECONDS)
    fresh = Ladder()
    fresh.climb(now, 0.0)
    assert ladder.taken >= fresh.taken  # never less than what is called for
    for rung in LADDER:
        if all(getattr(now, cause) < rung.down for cause in rung.by):
            assert rung.step not in ladder.taken


@given(st.lists(st.tuples(pressures, st.floats(0.0, 1.0)), max_size=60))
def test_a_step_is_never_below_what_the_pressure_calls_for(course: list[tuple[Pressure, float]]) -> None:
    ladder, clock = Ladder(), 0.0
    for pressure, passed in course:
        clock += passed
        assert climb(ladder, pressure, clock) >= climb(Ladder(), pressure, 0.0)


@given(st.floats(0.0, 1e6))
def test_one_stall_however_long_is_no_lag(stall: float) -> None:
    lag = Lag()
    assert lag.note(stall) == 0.0
    assert max(lag.note(0.0) for _ in range(SAMPLES)) == 0.0


def test_load_that_lasts_is_lag_and_over_a_second_after_its_end_everything_is_served_again() -> None:
    lag, ladder, now = Lag(), Ladder(), 0.0
    for _ in range(100):  # an hour of being stopped and woken, or starved
        now += 36.0
        climb(ladder, Pressure(loop=lag.note(36.0 - TICK) / 0.5), now)
    assert ladder.step is Step.NO_ACCEPT
    ended = now
    while ladder.step:
        now += TICK
        climb(ladder, Pressure(loop=lag.note(0.0) / 0.5), now)
    assert now - ended <= 1.0


def test_a_clock_that_ticks_early_is_no_lag() -> None:
    assert Lag().note(-0.05) == 0.0
