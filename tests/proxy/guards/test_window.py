from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.guards.window import BUCKETS, Window


def test_what_is_older_than_the_window_is_forgotten() -> None:
    window = Window(10.0)
    window.add(100.0, marked=True)
    window.add(100.5, marked=False)
    window.advance(109.9)
    assert (window.total, window.marked) == (2, 1)
    window.advance(110.0)
    assert (window.total, window.marked) == (0, 0)


def test_a_clock_that_stands_still_or_goes_back_loses_nothing() -> None:
    window = Window(10.0)
    for now in (100.0, 99.0, 100.0):
        window.add(now, marked=False)
    assert window.total == 3


@given(
    events=st.lists(st.tuples(st.integers(0, 3000), st.booleans()), max_size=200),
    seconds=st.sampled_from([0.5, 1.0, 10.0, 60.0]),
)
def test_it_covers_at_most_the_whole_window_and_at_least_nine_tenths_of_it(
    events: list[tuple[int, bool]], seconds: float
) -> None:
    window = Window(seconds)
    added: list[tuple[float, bool]] = []
    now = 50.0
    for step, marked in events:
        now += step / 1000 * seconds
        window.add(now, marked=marked)
        added.append((now, marked))
        whole = [m for at, m in added if at > now - seconds]
        surely = [m for at, m in added if at > now - seconds * (1 - 1 / BUCKETS) + 1e-9]
        assert len(surely) <= window.total <= len(whole) + 1e-9
        assert sum(surely) <= window.marked <= sum(whole)
        assert window.marked <= window.total


@pytest.mark.parametrize("seconds", [0.1, 10.0, 604800.0])
def test_memory_does_not_grow(seconds: float) -> None:
    window = Window(seconds)
    for step in range(1000):
        window.add(step * seconds / 7, marked=bool(step % 2))
    assert len(window._totals) == len(window._marked) == BUCKETS
