"""Turns are as many as the weights say, and evenly spread."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.endpoints.turns import MOST_TURNS, WARMING_BEGINS, cycle_of, warming_share

WEIGHTS = st.lists(st.integers(1, 60), min_size=1, max_size=16)


@pytest.mark.parametrize(
    ("weights", "order"),
    [([1], "a"), ([7], "a"), ([1, 1], "ab"), ([50, 50, 50], "abc"), ([3, 2], "abaab"), ([5, 1, 1], "aaabaac")],
)
def test_the_order_of_turns(weights: list[int], order: str) -> None:
    assert "".join("abc"[i] for i in cycle_of(weights)) == order


@given(WEIGHTS)
def test_everybody_has_exactly_the_turns_of_their_weight(weights: list[int]) -> None:
    divisor = math.gcd(*weights)
    assert Counter(cycle_of(weights)) == {i: weight // divisor for i, weight in enumerate(weights)}


@given(WEIGHTS)
def test_nobody_waits_much_longer_than_their_share_says(weights: list[int]) -> None:
    cycle = cycle_of(weights)
    for i, weight in enumerate(weights):
        turns = [at for at, who in enumerate(cycle) if who == i]
        waits = [
            (later - at) % len(cycle) or len(cycle) for at, later in zip(turns, turns[1:] + turns[:1], strict=True)
        ]
        assert max(waits) <= sum(weights) / weight + len(weights)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=256))
def test_no_weights_make_a_long_cycle_or_leave_anybody_out(weights: list[int]) -> None:
    cycle = cycle_of(weights)
    assert len(cycle) <= MOST_TURNS + len(weights)
    assert set(cycle) == set(range(len(weights)))


@given(st.floats(0, 1000), st.floats(0.001, 100))
def test_who_comes_back_begins_with_little_and_ends_with_all(back_for: float, slow_start: float) -> None:
    share = warming_share(back_for, slow_start)
    assert WARMING_BEGINS <= share <= 1
    assert share == 1 or back_for < slow_start
    assert warming_share(back_for + slow_start / 10, slow_start) >= share


def test_without_slow_start_everybody_is_back_at_once() -> None:
    assert warming_share(0.0, 0.0) == 1.0


@pytest.mark.promise("U14")
def test_half_way_through_slow_start_half_of_the_share_is_there() -> None:
    assert warming_share(5.0, 10.0) == pytest.approx(0.55)
