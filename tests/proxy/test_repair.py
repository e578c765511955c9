from __future__ import annotations

from typing import Any

import pytest

from proxy.model.decision import Decision, Skip
from proxy.model.table import Backend, Endpoint, Route, Split
from proxy.repair import Repair, lateness, repair
from proxy.replies import Failure

ORDERS = Backend("orders", (Endpoint("http", "127.0.0.1", 9000),))


def decision(fallback: str | None = "legacy", *, retired: bool = False) -> Decision:
    route = Route("orders", (), Split("orders", (("orders", 1),)), fallback=fallback, retired=retired)
    return Decision(route, ORDERS, None, "whole", Skip.NO_SHADOW)


def what(failure: Failure = Failure.REFUSED, decided: Decision | None = None, **facts: Any) -> Repair:
    usual = {"method": b"GET", "has_body": False, "answer_begun": False, "was_idle": False, "fell_back": False}
    return repair(failure, decided or decision(), **{**usual, **facts})


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


def test_a_deadline_names_the_step_that_took_too_long() -> None:
    late = {"total": False, "connecting": False, "first_byte": False}
    assert lateness(**late) is Failure.IDLE_TIMEOUT
    assert lateness(**late | {"first_byte": True}) is Failure.FIRST_BYTE_TIMEOUT
    assert lateness(**late | {"connecting": True}) is Failure.CONNECT_TIMEOUT
    assert lateness(total=True, connecting=True, first_byte=True) is Failure.TOTAL_TIMEOUT
