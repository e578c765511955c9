"""One client's allowance: never more than the limit, never less than is due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.limits.allowance import LONGEST, Allowance
from proxy.model.resilience import RateLimit

SECOND = 1_000_000_000

limits = st.builds(RateLimit, st.integers(1, 1000), st.floats(0.1, 86_400.0), st.integers(1, 1000))
pauses = st.lists(st.integers(0, 3600 * SECOND), max_size=100)


def allowed(allowance: Allowance, moments: list[int]) -> list[int]:
    """Which of the requests at ``moments`` go."""
    whole_at, went = 0, []
    for now in moments:
        whole_at, wait = allowance.take(whole_at, now)
        if not wait:
            went.append(now)
    return went


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    allowance = Allowance(RateLimit(requests=10, per=1.0, burst=3))
    assert len(allowed(allowance, [5 * SECOND] * 20)) == 3
    every_tenth = [5 * SECOND + n * SECOND // 10 for n in range(20)]
    assert len(allowed(allowance, [5 * SECOND] * 20 + every_tenth[1:])) == 3 + 19


def test_the_wait_is_until_the_next_request_goes() -> None:
    allowance = Allowance(RateLimit(requests=1, per=60.0, burst=1))
    whole_at, wait = allowance.take(0, SECOND)
    assert wait == 0
    whole_at, wait = allowance.take(whole_at, 11 * SECOND)
    assert wait == 50 * SECOND
    assert allowance.take(whole_at, 61 * SECOND - 1)[1] == 1
    assert allowance.take(whole_at, 61 * SECOND)[1] == 0


@given(limits, pauses)
def test_no_span_of_time_sees_more_than_the_burst_and_what_the_rate_gives(limit: RateLimit, steps: list[int]) -> None:
    moments, now = [], SECOND
    for step in steps:
        now += step
        moments.append(now)
    allowance = Allowance(limit)
    went = allowed(allowance, moments)
    for first in range(len(went)):
        for last in range(first, len(went)):
            due = limit.burst + (went[last] - went[first]) // allowance.interval
            assert last - first + 1 <= due


@given(limits, pauses)
def test_who_waits_as_long_as_it_is_told_is_let_through(limit: RateLimit, steps: list[int]) -> None:
    allowance, whole_at, now = Allowance(limit), 0, SECOND
    for step in steps:
        now += step
        whole_at, wait = allowance.take(whole_at, now)
        if wait:
            assert allowance.take(whole_at, now + wait)[1] == 0
            assert allowance.take(whole_at, now + wait - 1)[1] > 0


@given(limits, pauses)
def test_a_client_whose_moment_is_past_is_like_one_that_never_came(limit: RateLimit, steps: list[int]) -> None:
    allowance, whole_at, now = Allowance(limit), 0, SECOND
    for step in steps:
        now += step
        whole_at, _ = allowance.take(whole_at, now)
    assert allowance.take(whole_at, whole_at + 1) == allowance.take(0, whole_at + 1)


@given(limits, st.integers(0, LONGEST))
def test_a_moment_of_a_larger_limit_or_another_boot_costs_no_more_than_the_whole_allowance(
    limit: RateLimit, far: int
) -> None:
    allowance, now = Allowance(limit), SECOND
    whole_at, wait = allowance.take(now + far, now)
    assert wait <= allowance.interval
    assert allowance.take(whole_at, now + allowance.interval)[1] == 0


def test_moments_fit_into_64_bits_whatever_the_limit() -> None:
    allowance = Allowance(RateLimit(requests=1, per=7 * 86_400.0, burst=10**9))
    whole_at = 0
    for _ in range(3):
        whole_at, _ = allowance.take(max(whole_at, LONGEST * 2), LONGEST)
    assert whole_at < 2**63
