"""Pauses before restarts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.supervise.back_off import HEALTHY_SECONDS, MOST_SECONDS, deaths_in_a_row, pause


def test_the_pause_doubles_from_a_tenth_of_a_second_to_five() -> None:
    assert [pause(deaths, at_once=False) for deaths in range(1, 9)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_who_serves_is_started_at_once_the_first_time() -> None:
    assert [pause(deaths, at_once=True) for deaths in range(1, 5)] == [0.0, 0.1, 0.2, 0.4]


def test_a_healthy_life_makes_the_next_death_the_first_again() -> None:
    assert deaths_in_a_row(7, HEALTHY_SECONDS) == 1
    assert deaths_in_a_row(7, HEALTHY_SECONDS - 0.1) == 8


@given(st.integers(1, 10**9), st.booleans())
def test_the_pause_never_shrinks_and_has_a_bound(deaths: int, at_once: bool) -> None:
    assert pause(deaths, at_once=at_once) <= pause(deaths + 1, at_once=at_once) <= MOST_SECONDS
