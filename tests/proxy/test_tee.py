from __future__ import annotations

from proxy.model.decision import Skip
from proxy.model.table import ShadowPolicy
from proxy.tee import Tee

POLICY = ShadowPolicy(sample=1.0, max_request=10, max_answer=20)


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
