from __future__ import annotations

import json

import pytest

from proxy.replies import FAILURES, Failure, reply


def test_our_own_answers_are_problem_documents_with_the_request_id() -> None:
    head, body = reply(502, "It broke.", 'id"\r\n', close=True).split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/problem+json\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert head.endswith(b"Connection: close")
    assert json.loads(body) == {"title": "Bad Gateway", "status": 502, "detail": "It broke.", "request_id": 'id"\r\n'}


def test_a_head_request_gets_the_length_and_no_body() -> None:
    assert reply(504, "", "x", close=False, head_only=True).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_an_answer(failure: Failure) -> None:
    assert FAILURES[failure][0] in {502, 504}
