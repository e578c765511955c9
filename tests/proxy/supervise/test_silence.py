"""What counts as silence, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.supervise.silence import LOOK_SECONDS, Silence

pytestmark = pytest.mark.promise("O11")


def silent(looks: int, state: str, cpu_each: float, step: float = LOOK_SECONDS) -> float:
    """Seconds of silence after so many looks."""
    silence = Silence(now=100.0)
    for number in range(1, looks + 1):
        silence.look(100.0 + number * step, state, cpu_each * number)
    return silence.seconds


@pytest.mark.parametrize(
    ("state", "cpu_each", "expected"),
    [
        ("R", LOOK_SECONDS, 10.0),  # it computes
        ("S", 0.0, 10.0),  # it waits for something that is no event
        ("D", 0.0, 10.0),
        ("T", 0.0, 10.0),  # SIGSTOP
        ("t", 0.0, 0.0),  # a debugger
        ("R", 0.0, 0.0),  # it wants to run and gets no processor
        ("R", LOOK_SECONDS / 10, 1.0),  # it gets a tenth of one
        ("R", LOOK_SECONDS * 4, 10.0),  # several threads use more than one
    ],
)
def test_time_counts_as_far_as_the_process_could_have_used_it(state: str, cpu_each: float, expected: float) -> None:
    assert silent(20, state, cpu_each) == pytest.approx(expected)


@given(st.floats(LOOK_SECONDS, 1e6), st.sampled_from("RSDT"))
def test_a_look_that_comes_late_counts_for_one(late: float, state: str) -> None:
    silence = Silence(now=0.0)
    assert silence.look(late, state, late) <= LOOK_SECONDS


def test_a_word_ends_the_silence() -> None:
    silence = Silence(now=0.0)
    for number in range(1, 30):
        silence.look(number * LOOK_SECONDS, "S", 0.0)
        if number % 3 == 0:
            silence.heard()
        assert silence.seconds <= 3 * LOOK_SECONDS
