from __future__ import annotations

import pytest

from shadow.again.stored import Incomplete, answer_of, copy_of_stored, without_hashes
from shadow.compare import compare
from shadow.model import Answer
from shadow.redact import Redactor
from shadow.store.records import StoredAnswer, StoredBody, StoredRequest
from tests.shadow.answers import NO_RULES


def stored(answer: Answer, secret: bytes = b"k" * 32) -> StoredAnswer:
    redactor = Redactor(secret)
    return StoredAnswer(
        answer.status, redactor.headers(answer.headers), redactor.body(answer.headers, answer.body), 0.1, 0.2
    )


def test_a_stored_answer_compares_equal_to_the_one_it_was_made_of() -> None:
    body = '{"name": "Zoë"}'.encode("latin-1")
    answer = Answer(200, [(b"Content-Type", b"application/json; charset=iso-8859-1")], body)
    again = answer_of(stored(answer))
    assert again.body == '{"name": "Zoë"}'.encode()
    assert compare(again, again, NO_RULES, today=None).differences == ()
    assert again.headers == [(b"Content-Type", b"application/json; charset=utf-8")]


def test_a_coding_is_taken_off_with_the_body() -> None:
    answer = Answer(200, [(b"Content-Encoding", b"deflate"), (b"Content-Length", b"9")], b"")
    assert answer_of(stored(answer)).headers == []


@pytest.mark.parametrize("note", ["cut: the first 65536 of 70000 characters", "not kept: it could not be redacted"])
def test_what_was_not_kept_whole_is_not_compared(note: str) -> None:
    with pytest.raises(Incomplete, match="not whole"):
        answer_of(StoredAnswer(200, (), StoredBody("{", 70_000, note), 0.1, 0.2))
    with pytest.raises(Incomplete, match="not kept any longer"):
        answer_of(None)


def test_secrets_that_were_hidden_under_two_keys_become_one_word() -> None:
    answer = Answer(200, [(b"Set-Cookie", b"sid=s3cret; Path=/")], b'{"token": "s3cret"}')
    one, other = (answer_of(stored(answer, key * 32)) for key in (b"k", b"l"))
    assert one != other
    assert without_hashes(one) == without_hashes(other)
    assert b"redacted" in without_hashes(one).body


REQUEST = StoredRequest(
    "GET",
    "/orders/7?token=redacted-0f31b473c7",
    (("Host", "shop"), ("Cookie", "sid=redacted-0f31b473c7"), ("Authorization", "Bearer redacted-0f31b473c7")),
    StoredBody(),
)


def test_a_request_goes_without_its_redacted_headers_and_says_which() -> None:
    copy, hidden = copy_of_stored(REQUEST)
    assert copy.headers == (("Host", "shop"), ("X-Shadow", "1"))
    assert hidden == ("Cookie", "Authorization", "target")


def test_given_headers_take_the_place_of_stored_ones() -> None:
    copy, hidden = copy_of_stored(REQUEST, (("authorization", "Bearer mine"), ("X-Seed", "42")))
    assert copy.headers == (("Host", "shop"), ("authorization", "Bearer mine"), ("X-Seed", "42"), ("X-Shadow", "1"))
    assert hidden == ("Cookie", "target")


def test_a_request_that_is_not_kept_cannot_be_sent() -> None:
    with pytest.raises(Incomplete):
        copy_of_stored(None)
    with pytest.raises(Incomplete):
        copy_of_stored(StoredRequest("POST", "/", (), StoredBody("", 9, "not kept: too secret")))
