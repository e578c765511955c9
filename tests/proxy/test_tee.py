from __future__ import annotations

from proxy.model.decision import Decision, Skip
from proxy.model.table import Backend, Match, Route, ShadowPolicy, Split
from proxy.tee import Tee

POLICY = ShadowPolicy(sample=1.0, max_request=10, max_answer=20)
OLD, NEW = Backend("legacy", ()), Backend("orders", ())
ROUTE = Route("orders", (Match(),), Split("route:orders", (("legacy", 1),)), shadow=POLICY)


def test_a_tee_keeps_what_fits() -> None:
    tee = Tee(POLICY)
    tee.request_body(b"12345")
    tee.request_body(b"67890")
    tee.answer_body(b"x" * 20)
    assert (tee.skip, b"".join(tee.request), b"".join(tee.answer)) == (None, b"1234567890", b"x" * 20)


def test_a_tee_gives_up_at_the_first_byte_too_many_and_frees_what_it_had() -> None:
    tee = Tee(POLICY)
    tee.request_body(b"12345")
    tee.answer_body(b"x" * 21)
    tee.request_body(b"x" * 100)
    tee.answer_body(b"y")
    assert (tee.skip, tee.request, tee.answer) == (Skip.ANSWER_TOO_LARGE, [], [])


def test_an_exchange_tells_whose_it_is_as_text_whatever_the_bytes() -> None:
    assert _identity_of(None) == ""
    assert _identity_of("zoë".encode()) == "zoë"
    assert _identity_of(b"\xff\x00") == "\\xff\x00"


def _identity_of(identity: bytes | None) -> str:
    tee = Tee(POLICY)
    decision = Decision(ROUTE, OLD, NEW, "whole", None)
    return tee.exchange(
        "1",
        decision,
        identity=identity,
        table_version=1,
        request_head=b"",
        started_at=0.0,
        first_byte=0.0,
        total=0.0,
    ).identity
