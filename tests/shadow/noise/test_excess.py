"""The test of excess over self-noise: it holds its error rate while it is watched, and finds what a rule for one pair cannot see."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from shadow.noise.excess import PlaceNoise, beyond_own_noise, evidence_of_excess, excess_of


def place(
    b: int, c: int, *, both: int = 0, repeats: int = 1000, drifted: int | None = None, name: str = "$.a"
) -> PlaceNoise:
    return PlaceNoise(name, "values_changed", b + both, c + both if drifted is None else drifted, b, c, both, repeats)


def test_without_repeats_nothing_is_said() -> None:
    assert excess_of(place(0, 0, repeats=0)) is None


def test_the_excess_is_the_difference_of_the_two_shares_with_its_margin() -> None:
    excess = excess_of(place(120, 30, both=10))
    assert excess is not None
    assert (excess.candidate, excess.control, excess.excess) == (0.13, 0.04, 0.09)
    assert math.isclose(excess.margin, 1.96 * math.sqrt(150 - 90**2 / 1000) / 1000)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_more_pairs_against_never_help_and_the_evidence_is_a_number(b: int, c: int) -> None:
    assert evidence_of_excess(b + 1, c) >= evidence_of_excess(b, c) >= evidence_of_excess(b, c + 1) > 0 or c > 400


def test_where_the_control_agrees_with_itself_differences_count_by_themselves() -> None:
    assert beyond_own_noise([place(100, 0, drifted=0)]) == []
    assert beyond_own_noise([place(100, 1)]) == [place(100, 1)]


def test_fifty_noisy_fields_that_are_watched_raise_a_false_alarm_in_at_most_one_case_of_twenty() -> None:
    """Each answer is odd in 1 % of cases, on its own, at each of 50 fields; after 1,000 repeats, looking after every ten. A rule that
    compares two counts, without regard to how few they are, raises one almost certainly."""
    dice = random.Random(4)
    alarms = 0
    runs = 300
    for _ in range(runs):
        tosses = [_odd(dice, 1000, 0.02) for _ in range(50)]  # b or c: either answer odd
        alarms += any(_crosses(field, needed=50 / 0.05, dice=dice) for field in tosses)
    # 300 runs at 5 % have more than 24 alarms once in forty.
    assert alarms <= 24


def test_an_excess_of_half_the_noise_is_found() -> None:
    """A field is noisy in 10 % of the control's answers and in 15 % of the candidate's: found within 4,000 repeats, in 9 of 10 runs."""
    dice = random.Random(5)
    found = 0
    for _ in range(40):
        b = c = 0
        for _ in range(4000):
            control, again, candidate = (dice.random() < share for share in (0.10, 0.10, 0.15))
            b += (control != candidate) and (control == again)
            c += (control == candidate) and (control != again)
        found += bool(beyond_own_noise([place(b, c, repeats=4000)]))
    assert found >= 36


def _odd(dice: random.Random, trials: int, share: float) -> int:
    return sum(dice.random() < share for _ in range(trials))


def _crosses(tosses: int, *, needed: float, dice: random.Random) -> bool:
    b = c = 0
    for _ in range(tosses):
        if dice.random() < 0.5:
            b += 1
        else:
            c += 1
        if evidence_of_excess(b, c) >= needed:
            return True
    return False
