from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.guards.retry import IDEMPOTENT, LONGEST_PAUSE, OF_FAILURE, OF_STATUS, asks_to_wait, may_retry, pause
from proxy.model.resilience import Retries, RetryWhen
from proxy.replies import Failure, TurnedAway

ALL = Retries(attempts=2, when=frozenset(RetryWhen))
METHODS = (b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"POST", b"PATCH", b"QUERY")


def allowed(why: RetryWhen | None, policy: Retries | None = ALL, **facts: object) -> bool:
    usual = {"method": b"GET", "retries": 0, "body_kept": True, "in_time": True}
    return may_retry(why, policy, **{**usual, **facts})  # type: ignore[arg-type]


def test_nothing_is_repeated_unless_the_table_asks_for_exactly_that() -> None:
    for asked, why in itertools.product(RetryWhen, RetryWhen):
        assert allowed(why, Retries(when=frozenset({asked}))) is (asked is why)
        assert not allowed(why, None)
    assert not allowed(None)


@pytest.mark.promise("U6")
@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_idempotent_is_repeated_only_if_no_byte_of_it_was_sent(method: bytes) -> None:
    for why in RetryWhen:
        assert allowed(why, method=method) is (why is RetryWhen.CONNECT or method in IDEMPOTENT)


def test_a_body_that_is_not_kept_is_not_sent_again_unless_no_byte_of_it_was_sent() -> None:
    for why in RetryWhen:
        assert allowed(why, method=b"PUT", body_kept=False) is (why is RetryWhen.CONNECT)


def test_so_many_retries_and_no_more_and_none_when_time_is_over() -> None:
    assert [allowed(RetryWhen.CONNECT, retries=n) for n in range(4)] == [True, True, False, False]
    assert not allowed(RetryWhen.CONNECT, in_time=False)


def test_each_way_to_fail_has_its_word_or_is_never_repeated() -> None:
    assert set(Failure) - set(OF_FAILURE) == {Failure.TOTAL_TIMEOUT, Failure.INVALID_ANSWER, Failure.CUT_SHORT}
    assert not set(TurnedAway) & set(OF_FAILURE)
    assert {*OF_FAILURE.values(), *OF_STATUS.values()} == set(RetryWhen)
    assert {str(status) for status in OF_STATUS} == {str(why) for why in OF_STATUS.values()}


@given(st.integers(0, 50), st.floats(0.0, 1.0, exclude_max=True))
def test_the_pause_grows_is_drawn_and_has_a_bound(retries: int, draw: float) -> None:
    assert 0.0 <= pause(retries, lambda: draw) <= min(LONGEST_PAUSE, 0.025 * 2**retries)
    assert pause(retries, lambda: draw) == pytest.approx(draw * pause(retries, lambda: 1.0))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], False),
        ([(b"Content-Type", b"text/plain")], False),
        ([(b"Retry-After", b"0")], False),
        ([(b"retry-after", b" 0 ")], False),
        ([(b"Retry-After", b"1")], True),
        ([(b"A", b"b"), (b"RETRY-AFTER", b"Wed, 21 Oct 2026 07:28:00 GMT")], True),
        ([(b"Retry-After", b"soon")], True),
    ],
)
def test_an_answer_that_says_when_to_come_again_is_believed(headers: list[tuple[bytes, bytes]], expected: bool) -> None:
    assert asks_to_wait(headers) is expected
