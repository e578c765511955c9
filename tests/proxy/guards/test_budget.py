from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.guards.budget import FLOOR, SECONDS, RetryBudget


def test_a_few_retries_are_allowed_however_few_the_requests() -> None:
    budget = RetryBudget()
    budget.requested(100.0)
    assert [budget.take(100.0, 0.2) for _ in range(FLOOR + 2)] == [True] * FLOOR + [False] * 2


def test_beyond_that_they_are_a_share_of_the_requests() -> None:
    budget = RetryBudget()
    for _ in range(200):
        budget.requested(100.0)
    assert sum(budget.take(100.0, 0.2) for _ in range(100)) == 40


def test_what_was_used_comes_back_with_time() -> None:
    budget = RetryBudget()
    while budget.take(100.0, 0.2):
        pass
    assert not budget.take(100.0 + SECONDS * 0.85, 0.2)
    assert budget.take(100.0 + SECONDS, 0.2)


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.booleans()), max_size=200),
    st.sampled_from([0.0, 0.05, 0.2, 1.0]),
)
def test_retries_never_exceed_their_share_of_what_was_sent(events: list[tuple[int, bool]], share: float) -> None:
    budget = RetryBudget()
    now, requests, retries = 1000.0, [], []
    for step, is_retry in events:
        now += step / 1000
        if not is_retry:
            budget.requested(now)
            requests.append(now)
        elif budget.take(now, share):
            retries.append(now)
            lately = [at for at in requests if at > now - SECONDS]
            # The window forgets in steps, so what it surely knows is a tenth shorter.
            surely = [at for at in retries if at > now - SECONDS * 0.9 + 1e-9]
            assert len(surely) <= max(FLOOR, share * len(lately) + 1)
