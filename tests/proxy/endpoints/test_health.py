"""How many answers it takes to be found ill, and well again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.endpoints.health import HealthState, is_good
from proxy.model.table import Health


def after(answers: str, **policy: int) -> str:
    """``w`` or ``i`` after each answer ``+`` or ``-``."""
    state = HealthState(Health("/", **policy))
    shown = ""
    for answer in answers:
        state.checked(good=answer == "+")
        shown += "w" if state.well else "i"
    return shown


def test_nobody_is_ill_before_as_many_bad_answers_in_a_row_as_it_takes() -> None:
    assert after("--+---", fall=3) == "wwwwwi"


def test_nobody_is_well_again_before_as_many_good_answers_in_a_row_as_it_takes() -> None:
    assert after("-+-++", fall=1, rise=2) == "iiiiw"


def test_the_very_first_answer_counts_like_all_others() -> None:
    assert after("-", fall=2) == "w"


@given(st.text("+-", max_size=60), st.integers(1, 5), st.integers(1, 5))
def test_a_change_follows_only_from_enough_answers_against_it(answers: str, fall: int, rise: int) -> None:
    state, in_a_row, last = HealthState(Health("/", fall=fall, rise=rise)), 0, ""
    for answer in answers:
        in_a_row = in_a_row + 1 if answer == last else 1
        last = answer
        before = state.well
        changed = state.checked(good=answer == "+")
        assert changed is (state.well is not before)
        if changed:
            assert state.well is (answer == "+")
            assert in_a_row >= (rise if state.well else fall)
        elif state.well is not (answer == "+"):
            assert in_a_row < (fall if state.well else rise)


@pytest.mark.parametrize(
    ("status", "good"), [(200, True), (204, True), (302, True), (199, False), (404, False), (500, False)]
)
def test_2xx_and_3xx_are_good(status: int, good: bool) -> None:
    assert is_good(status) is good
