"""A budget lets through its burst and its rate, and no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.http2.budget import Budget


def test_the_burst_is_allowed_at_once_and_the_rate_afterwards() -> None:
    budget = Budget(10, 2, now=100.0)
    assert all(budget.spend(1, 100.0) for _ in range(10))
    assert not budget.spend(1, 100.0)
    assert budget.spend(1, 101.0)
    assert not budget.spend(1, 101.0)


def test_useful_work_earns_points_but_never_more_than_the_burst() -> None:
    budget = Budget(10, 0, now=0.0)
    budget.earn(1000)
    assert budget.spend(10, 0.0)
    budget.earn(3)
    assert budget.spend(3, 0.0)
    assert not budget.spend(1, 0.0)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 10)), max_size=50))
def test_what_is_allowed_never_exceeds_burst_and_rate(steps: list[tuple[float, float]]) -> None:
    budget = Budget(20, 3, now=0.0)
    now = allowed = 0.0
    for wait, points in steps:
        now += wait
        if not budget.spend(points, now):
            return
        allowed += points
        assert allowed <= 20 + 3 * now + 1e-6
