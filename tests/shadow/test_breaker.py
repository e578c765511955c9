"""The breaker's three states, with the clock as an argument."""

from hypothesis import given
from hypothesis import strategies as st

from shadow.breaker import FAILURES, PAUSE, PAUSE_MOST, Breaker


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.allows(0.0)
        breaker.failed(0.0)
    return breaker


def test_it_opens_after_failures_in_a_row_and_a_success_between_them_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(0.0)
        breaker.succeeded()
    assert breaker.allows(0.0)
    assert not opened().allows(PAUSE / 2)


def test_after_the_pause_one_probe_may_go_and_its_success_closes() -> None:
    breaker = opened()
    assert breaker.allows(PAUSE)
    assert not breaker.allows(PAUSE)
    assert repr(breaker) == f"<Breaker probing, {FAILURES} failures>"
    breaker.succeeded()
    assert breaker.allows(PAUSE)
    assert breaker.allows(PAUSE)


def test_a_probe_that_fails_doubles_the_pause_up_to_a_limit() -> None:
    breaker = opened()
    now, pause = 0.0, PAUSE
    for _ in range(10):
        now += pause
        assert not breaker.allows(now - 0.001)
        assert breaker.allows(now)
        breaker.failed(now)
        pause = min(pause * 2, PAUSE_MOST)


def test_a_probe_that_told_nothing_lets_the_next_one_go() -> None:
    breaker = opened()
    assert breaker.allows(PAUSE)
    breaker.gave_up()
    assert breaker.allows(PAUSE)


@given(st.lists(st.tuples(st.sampled_from(["failed", "succeeded", "gave_up"]), st.floats(0, 10))))
def test_whatever_happens_it_lets_somebody_go_after_the_longest_pause(steps: list[tuple[str, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for step, passed in steps:
        now += passed
        if breaker.allows(now):
            if step == "failed":
                breaker.failed(now)
            else:
                getattr(breaker, step)()
    assert breaker.allows(now + PAUSE_MOST)
