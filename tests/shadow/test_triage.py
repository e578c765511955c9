from __future__ import annotations

import pytest

from shadow.triage import SAID, State, Triage, state_of


def said(state: State) -> Triage:
    return Triage("abc", "orders", state, "ann", "", "bob", at=100.0)


def test_what_nobody_spoke_of_is_open() -> None:
    assert state_of(None, 50.0) is State.OPEN


def test_one_that_is_fixed_and_seen_again_is_reopened() -> None:
    assert state_of(said(State.FIXED), 100.0) is State.FIXED
    assert state_of(said(State.FIXED), 100.1) is State.REOPENED


@pytest.mark.parametrize("state", [state for state in SAID if state is not State.FIXED])
def test_every_other_decision_stands_however_often_it_is_seen(state: State) -> None:
    assert state_of(said(state), 10_000.0) is state
