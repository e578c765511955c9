"""Latencies in buckets."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shadow.store.histogram import GROWTH, LEAST_MS, MOST_MS, bucket, quantile

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
