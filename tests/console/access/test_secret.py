from __future__ import annotations

import pytest

from console.access.secret import (
    NOBODY_S,
    is_password,
    is_password_hash,
    is_same,
    is_token_hash,
    new_password,
    new_token,
    password_hash,
    token_hash,
)


def test_a_password_is_known_by_its_hash_and_no_other_is() -> None:
    hash_ = password_hash("correct horse")
    assert is_password_hash(hash_)
    assert is_password("correct horse", hash_)
    assert not is_password("correct horse ", hash_)
    assert "correct" not in hash_


def test_the_same_password_has_another_hash_each_time() -> None:
    assert password_hash("correct horse") != password_hash("correct horse")


def test_a_token_is_known_by_its_hash_and_no_other_is() -> None:
    token = new_token()
    assert is_token_hash(token_hash(token))
    assert is_same(token_hash(token), token_hash(token))
    assert not is_same(token_hash(token[:-1]), token_hash(token))
    assert token not in token_hash(token)


def test_what_is_made_is_long_enough_and_new_each_time() -> None:
    assert len({new_token() for _ in range(100)} | {new_password() for _ in range(100)}) == 200
    assert len(new_token()) == len("strangler_") + 43
    assert len(new_password().replace("-", "")) == 20


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        "scrypt:1:8:1:" + "A" * 24 + ":" + "A" * 44,  # guessed in no time
        "scrypt:18:99:1:" + "A" * 24 + ":" + "A" * 44,  # takes gigabytes
        "scrypt:15:8:3:" + "=" * 24 + ":" + "A" * 44,
        "$2b$12$KIXIDSgKqOXuHyHfZ",
        "sha256:" + "0" * 64,
    ],
)
def test_what_is_no_hash_of_a_password_is_told(text: str) -> None:
    assert not is_password_hash(text)


@pytest.mark.parametrize("text", ["", "sha256:" + "0" * 63, "sha256:" + "G" * 64, "md5:" + "0" * 32, "0" * 64])
def test_what_is_no_hash_of_a_token_is_told(text: str) -> None:
    assert not is_token_hash(text)


def test_the_hash_of_nobody_is_one_and_costs_as_much_as_any_other() -> None:
    assert is_password_hash(NOBODY_S)
    assert NOBODY_S.split(":")[:4] == password_hash("x").split(":")[:4]


@pytest.mark.parametrize("secret", ["p\u00e4ssw\u00f6rd", "\ud800", "\x00", "x" * 1024])
def test_any_text_can_be_a_secret(secret: str) -> None:
    assert is_password(secret, password_hash(secret))
    assert is_token_hash(token_hash(secret))
