"""The mixture test: its numbers, and that it holds its error rate however often somebody looks."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.evidence.e_value import ALPHA, clean_needed, e_value, e_value_against, limit_of

REQUIRED = {
    # mismatches: pairs needed for 99 %, 99.9 %, 99.99 % at alpha 5 %, and for 99.9 % at alpha 1 %
    0: (338, 3_395, 33_957, 5_098),
    1: (703, 7_059, 70_609, 9_046),
    2: (924, 9_266, 92_690, 11_395),
    3: (1_121, 11_245, 112_481, 13_498),
    5: (1_480, 14_836, 148_399, 17_299),
    10: (2_276, 22_817, 228_218, 25_660),
}
COLUMNS = ((0.99, 0.05), (0.999, 0.05), (0.9999, 0.05), (0.999, 0.01))


@pytest.mark.parametrize("mismatches", REQUIRED)
@pytest.mark.parametrize("column", range(4))
def test_the_published_table_is_reproduced(mismatches: int, column: int) -> None:
    target, alpha = COLUMNS[column]
    limit, required = limit_of(target), REQUIRED[mismatches][column]
    assert mismatches + clean_needed(mismatches, mismatches, limit, alpha) == required
    assert e_value(mismatches, required, limit) >= 1 / alpha > e_value(mismatches, required - 1, limit)


def test_the_limit_of_a_target_has_no_binary_dust() -> None:
    assert [limit_of(target) for target in (0.99, 0.999, 0.9999)] == [0.01, 0.001, 0.0001]


COUNTS = st.integers(0, 10_000_000)
LIMITS = st.floats(1e-9, 0.999)


@given(COUNTS, COUNTS, LIMITS)
def test_no_counts_leave_the_range_of_floats(clean: int, mismatches: int, limit: float) -> None:
    for evidence in (e_value, e_value_against):
        value = evidence(mismatches, clean + mismatches, limit)
        assert value >= 0  # and so it is not NaN


@given(st.integers(0, 2_000), st.integers(0, 50), st.floats(1e-6, 0.5), st.floats(0.001, 0.5))
def test_exactly_as_many_clean_pairs_as_needed_are_enough(
    clean: int, mismatches: int, limit: float, alpha: float
) -> None:
    pairs = clean + mismatches
    more = clean_needed(mismatches, pairs, limit, alpha)
    slack = 1 + 1e-9  # the sums are made in logarithms
    assert e_value(mismatches, pairs + more, limit) * slack >= 1 / alpha
    assert more == 0 or e_value(mismatches, pairs + more - 1, limit) < slack / alpha


@given(st.integers(0, 5_000), st.integers(0, 30), st.floats(1e-5, 0.3))
def test_a_clean_pair_never_weakens_the_evidence_and_a_mismatch_never_strengthens_it(
    clean: int, wrong: int, limit: float
) -> None:
    now = e_value(wrong, clean + wrong, limit)
    assert e_value(wrong, clean + wrong + 1, limit) >= now * (1 - 1e-12)
    assert e_value(wrong + 1, clean + wrong + 1, limit) <= now * (1 + 1e-12)
    against = e_value_against(wrong, clean + wrong, limit)
    assert e_value_against(wrong, clean + wrong + 1, limit) <= against * (1 + 1e-12)
    assert e_value_against(wrong + 1, clean + wrong + 1, limit) >= against * (1 - 1e-12)


@given(st.integers(0, 100), st.floats(0.01, 0.9))
def test_the_expected_evidence_is_one_at_the_limit(pairs: int, limit: float) -> None:
    """What makes it a fair bet: over all numbers of mismatches, weighed by their chance at the limit, E is 1 on average."""
    for evidence in (e_value, e_value_against):
        logs = [
            math.lgamma(pairs + 1) - math.lgamma(k + 1) - math.lgamma(pairs - k + 1)
            + k * math.log(limit) + (pairs - k) * math.log1p(-limit)
            for k in range(pairs + 1)
        ]  # fmt: skip
        mean = sum(math.exp(log) * evidence(k, pairs, limit) for k, log in enumerate(logs))
        assert mean == pytest.approx(1, rel=1e-6)


def crossings(evidence_is_enough: dict[int, int], rate: float, runs: int, pairs: int, seed: int) -> int:
    """In how many runs is the evidence enough at any pair? ``evidence_is_enough[k]`` is the first pair at which k mismatches are few
    enough; between mismatches evidence only grows, so looking just before each mismatch is looking after every pair."""
    dice = random.Random(seed)
    ready = 0
    for _ in range(runs):
        at = mismatches = 0
        while True:
            at += 1 + int(math.log(1.0 - dice.random()) / math.log1p(-rate))  # when the next mismatch comes
            if min(at - 1, pairs) >= evidence_is_enough[mismatches]:
                ready += 1
                break
            mismatches += 1
            if at > pairs or mismatches not in evidence_is_enough:
                break
    return ready


def chance_of_ready(enough: list[int], rate: float, pairs: int) -> float:
    """The exact chance that a route is ready at any of so many looks: how many mismatches it has, and was never ready with, is followed
    from the first pair at which k of them are few enough to the next."""
    chances, at, ready = [1.0] + [0.0] * (len(enough) - 1), 0, 0.0
    for k, first in enumerate(enough):
        if first > pairs:
            return ready
        steps, at = first - at, first
        more = [
            math.exp(
                math.lgamma(steps + 1) - math.lgamma(j + 1) - math.lgamma(steps - j + 1)
                + j * math.log(rate) + (steps - j) * math.log1p(-rate)
            )
            for j in range(min(steps, len(enough) - 1) + 1)
        ]  # fmt: skip
        chances = [
            sum(chances[i] * more[j - i] for i in range(max(k, j - len(more) + 1), j + 1)) if j >= k else 0.0
            for j in range(len(enough))
        ]
        ready, chances[k] = ready + chances[k], 0.0
    raise AssertionError("the table ends before the pairs do")


@pytest.mark.parametrize(("limit", "pairs"), [(0.001, 100_000), (0.01, 10_000)])
def test_looking_after_every_pair_calls_a_bad_route_ready_in_at_most_5_percent_of_runs(
    limit: float, pairs: int
) -> None:
    """At the limit, by the exact sum; and 10,000 runs agree with it within three standard errors (0.7 %)."""
    enough = [k + clean_needed(k, k, limit) for k in range(140)]
    exact = chance_of_ready(enough, limit, pairs)
    assert 0.04 < exact <= ALPHA, "the test gives away little, and holds its rate"
    runs = 10_000
    ready = crossings(dict(enumerate(enough)), rate=limit, runs=runs, pairs=pairs, seed=20260601)
    assert abs(ready / runs - exact) <= 3 * math.sqrt(exact * (1 - exact) / runs)


@pytest.mark.parametrize(("limit", "pairs"), [(0.001, 100_000), (0.01, 10_000)])
def test_looking_after_every_pair_calls_a_route_at_its_limit_blocked_in_at_most_5_percent_of_runs(
    limit: float, pairs: int
) -> None:
    """Evidence against a route only grows with a mismatch, so looking after each one is looking after every pair."""
    last = {k: _last_pair_that_blocks(k, limit) for k in range(1, 140)}
    dice, runs, blocked = random.Random(20260603), 10_000, 0
    for _ in range(runs):
        at = 0
        for last_pair in last.values():
            at += 1 + int(math.log(1.0 - dice.random()) / math.log1p(-limit))
            if at > pairs or at <= last_pair:
                blocked += at <= min(pairs, last_pair)
                break
    assert 0.01 * runs < blocked <= ALPHA * runs


def _last_pair_that_blocks(mismatches: int, limit: float) -> int:
    """With more pairs so many mismatches are too few; 0 if they always are."""
    low, high = 0, 10 * int(mismatches / limit)
    while high - low > 1:
        middle = (low + high) // 2
        blocks = middle < mismatches or e_value_against(mismatches, middle, limit) >= 1 / ALPHA
        low, high = (middle, high) if blocks else (low, middle)
    return low if low >= mismatches else 0


@pytest.mark.parametrize(("limit", "fixed"), [(0.01, 299), (0.001, 2_995), (0.0001, 29_956)])
def test_looking_at_any_time_costs_a_clean_route_less_than_15_percent_more_pairs(limit: float, fixed: int) -> None:
    """``fixed`` is the least for those who look once: (1 - limit)^n <= 5 %."""
    assert (1 - limit) ** fixed <= ALPHA < (1 - limit) ** (fixed - 1)
    assert fixed < clean_needed(0, 0, limit) <= 1.15 * fixed


def test_good_routes_become_ready_in_the_published_time() -> None:
    """Half of the routes with a tenth of the limit are ready after 3,395 pairs."""
    enough = {k: k + clean_needed(k, k, 0.001) for k in range(140)}
    assert crossings(enough, rate=0.0001, runs=1_000, pairs=3_395, seed=1) > 500


@pytest.mark.parametrize(
    ("mismatches", "pairs", "blocked"),
    [(1, 10_000, False), (1, 100, False), (3, 100, True), (30, 1_000, True), (1, 1, True)],
)
def test_evidence_against_a_route(mismatches: int, pairs: int, blocked: bool) -> None:
    assert (e_value_against(mismatches, pairs, 0.001) >= 1 / ALPHA) is blocked


@pytest.mark.parametrize(("mismatches", "pairs", "limit"), [(0, 1, 0.0), (0, 1, 1.0), (2, 1, 0.1), (-1, 1, 0.1)])
def test_impossible_counts_and_limits_are_refused(mismatches: int, pairs: int, limit: float) -> None:
    with pytest.raises(ValueError):
        e_value(mismatches, pairs, limit)
