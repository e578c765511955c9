from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.decision import Decision, Skip
from proxy.model.resilience import Retries, RetryWhen
from proxy.model.table import Backend, Endpoint, Route, Split
from proxy.repair import Failed, Repair, lateness, repair
from proxy.replies import Failure, TurnedAway

ORDERS = Backend("orders", (Endpoint("http", "127.0.0.1", 9000),))


def decision(fallback: str | None = "legacy", *, retired: bool = False) -> Decision:
    route = Route("orders", (), Split("orders", (("orders", 1),)), fallback=fallback, retired=retired)
    return Decision(route, ORDERS, None, "whole", Skip.NO_SHADOW)


def what(
    failure: Failure | TurnedAway = Failure.REFUSED,
    decided: Decision | None = None,
    policy: Retries | None = None,
    **facts: Any,
) -> Repair:
    return repair(
        Failed(**{"failure": failure, "method": b"GET", "has_body": False, **facts}), decided or decision(), policy
    )


@pytest.mark.parametrize("failure", Failure)
def test_after_the_first_byte_of_the_answer_it_is_cut(failure: Failure) -> None:
    assert what(failure, answer_begun=True) is Repair.CUT


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (b"GET", Repair.RESEND),
        (b"PUT", Repair.RESEND),
        (b"DELETE", Repair.RESEND),
        (b"POST", Repair.TELL),
        (b"PATCH", Repair.TELL),
    ],
)
def test_a_dead_idle_connection_is_replaced_only_for_what_may_be_repeated(method: bytes, expected: Repair) -> None:
    assert what(Failure.NO_ANSWER, decision(None), method=method, was_idle=True) is expected
    assert what(Failure.NO_ANSWER, decision(None), method=method, was_idle=True, has_body=True) is Repair.TELL
    assert what(Failure.NO_ANSWER, decision(None), method=method) is Repair.TELL


def test_a_safe_request_falls_back_once() -> None:
    assert what() is Repair.FALL_BACK
    assert what(fell_back=True) is Repair.TELL
    assert what(method=b"POST") is Repair.TELL
    assert what(method=b"PUT") is Repair.TELL
    assert what(has_body=True) is Repair.TELL
    assert what(decided=decision(None)) is Repair.TELL
    assert what(decided=decision("orders")) is Repair.TELL


def test_a_retired_route_never_falls_back_to_legacy() -> None:
    assert what(decided=decision(retired=True)) is Repair.RETIRED
    assert what(decided=decision("other", retired=True)) is Repair.FALL_BACK


def test_when_no_time_is_left_nobody_else_is_asked() -> None:
    assert what(Failure.TOTAL_TIMEOUT) is Repair.TELL


ASKED = Retries(attempts=1, when=frozenset(RetryWhen))


def test_a_retry_that_the_table_asks_for_comes_before_the_fallback() -> None:
    assert what(policy=ASKED) is Repair.RETRY
    assert what(policy=ASKED, retries=1) is Repair.FALL_BACK
    assert what(policy=ASKED, method=b"POST", has_body=True) is Repair.RETRY
    assert what(Failure.NO_ANSWER, policy=ASKED, method=b"POST", has_body=True) is Repair.TELL
    assert what(Failure.NO_ANSWER, policy=ASKED, method=b"PUT", has_body=True) is Repair.RETRY
    assert what(Failure.NO_ANSWER, policy=ASKED, method=b"PUT", has_body=True, body_kept=False) is Repair.TELL


def test_a_dead_idle_connection_needs_no_retry() -> None:
    assert what(Failure.NO_ANSWER, policy=ASKED, was_idle=True) is Repair.RESEND


def test_nothing_is_retried_after_the_first_byte_nor_at_the_fallback() -> None:
    for failure in Failure:
        assert what(failure, policy=ASKED, answer_begun=True) is Repair.CUT
        assert what(failure, policy=ASKED, fell_back=True) is Repair.TELL


@pytest.mark.promise("U15")
@pytest.mark.parametrize("reason", TurnedAway)
def test_whom_a_guard_turns_away_falls_back_but_is_never_retried(reason: TurnedAway) -> None:
    assert what(reason, policy=ASKED) is Repair.FALL_BACK
    assert what(reason, policy=ASKED, method=b"POST") is Repair.TELL
    assert what(reason, policy=ASKED, fell_back=True) is Repair.TELL
    assert what(reason, policy=ASKED, in_time=False) is Repair.TELL


@given(
    failure=st.sampled_from([*Failure, *TurnedAway]),
    method=st.sampled_from([b"GET", b"HEAD", b"PUT", b"DELETE", b"POST", b"PATCH"]),
    facts=st.fixed_dictionaries(
        {name: st.booleans() for name in ("has_body", "body_kept", "answer_begun", "was_idle", "fell_back", "in_time")}
    ),
    retries=st.integers(0, 3),
    policy=st.none() | st.just(ASKED),
)
def test_no_repair_ever_sends_what_must_not_be_sent_twice(
    failure: Failure | TurnedAway, method: bytes, facts: dict[str, bool], retries: int, policy: Retries | None
) -> None:
    done = what(failure, policy=policy, method=method, retries=retries, **facts)
    unsent = failure in {Failure.REFUSED, Failure.CONNECT_TIMEOUT, *TurnedAway}
    if done in {Repair.RESEND, Repair.RETRY, Repair.FALL_BACK}:
        assert not facts["answer_begun"]
        assert unsent or method not in {b"POST", b"PATCH"}
        assert unsent or facts["body_kept"] or not facts["has_body"]
    if done is Repair.RETRY:
        assert policy is not None
        assert retries < policy.attempts


def test_a_deadline_names_the_step_that_took_too_long() -> None:
    late = {"total": False, "connecting": False, "first_byte": False}
    assert lateness(**late) is Failure.IDLE_TIMEOUT
    assert lateness(**late | {"first_byte": True}) is Failure.FIRST_BYTE_TIMEOUT
    assert lateness(**late | {"connecting": True}) is Failure.CONNECT_TIMEOUT
    assert lateness(total=True, connecting=True, first_byte=True) is Failure.TOTAL_TIMEOUT
