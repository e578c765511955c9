"""Latencies in buckets."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.store.histogram import GROWTH, LEAST_MS, MOST_MS, bucket, median_interval, quantile, ratio_bucket

latencies = st.lists(st.floats(LEAST_MS, MOST_MS), min_size=1)


@given(latencies, st.sampled_from([0.0, 0.5, 0.99, 1.0]))
def test_a_quantile_is_exact_to_two_per_cent(values: list[float], share: float) -> None:
    exact = sorted(values)[max(0, -(-int(len(values) * share * 1000) // 1000) - 1)]
    found = quantile(Counter(map(bucket, values)), share)
    assert found is not None
    assert any(abs(found - value) <= value * (GROWTH - 1) / 2 * 1.05 + 0.001 for value in values)
    if share in {0.0, 1.0}:
        assert abs(found - exact) <= exact * (GROWTH - 1) / 2 * 1.05 + 0.001


@given(latencies, latencies)
def test_two_histograms_add_up(some: list[float], others: list[float]) -> None:
    together = Counter(map(bucket, some)) + Counter(map(bucket, others))
    assert quantile(together, 0.5) == quantile(Counter(map(bucket, some + others)), 0.5)


def test_none_has_no_quantile_and_impossible_latencies_have_a_bucket() -> None:
    assert quantile({}, 0.5) is None
    assert bucket(-1.0) == bucket(0.0) == bucket(LEAST_MS)
    assert bucket(float("inf")) == bucket(MOST_MS)


@pytest.mark.parametrize("pairs", [*range(8, 60), 100, 101, 1000, 1001])
def test_the_interval_holds_the_median_with_95_percent_by_the_exact_binomial_sum(pairs: int) -> None:
    """The ranks that it takes: all values differ, so that each has a bucket of its own."""
    interval = median_interval({10 * rank: 1 for rank in range(1, pairs + 1)})
    assert interval is not None
    low = round(math.log(interval[1]) / math.log(GROWTH) / 10)
    below = sum(math.comb(pairs, k) for k in range(low)) / 2**pairs
    assert 2 * below <= 0.05


def test_a_few_pairs_have_no_interval() -> None:
    assert median_interval({}) is None
    assert median_interval({0: 4}) is None


def test_the_interval_narrows_to_the_bucket_when_all_pairs_agree() -> None:
    interval = median_interval({ratio_bucket(100.0, 150.0): 500})
    assert interval is not None
    median, low, high = interval
    assert low <= 1.5 <= high
    assert high / low == pytest.approx(GROWTH, rel=0.01)
    assert median == pytest.approx(1.5, rel=0.03)
