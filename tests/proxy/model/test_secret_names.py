"""What counts as a secret by its name or shape, and what does not."""

from __future__ import annotations

import pytest

from proxy.model.secret_names import looks_like_card, looks_secret, names_secret, plain_id


@pytest.mark.parametrize(
    "name",
    ["password", "user[password]", "Passwd", "api_key", "X-API-Key", "apiKey", "access_token", "client-secret", "auth", "code",
     "X-Amz-Signature", "sig", "PHPSESSION", "otp", "Authorization", "id_token", "privateKey", "bearer"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["q", "page", "author", "keyword", "postcode", "order", "sort_key", "pinned", ""])
def test_other_names(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize("value", ["4111111111111111", "4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"])
def test_numbers_of_cards(value: str) -> None:
    assert looks_like_card(value)


@pytest.mark.parametrize(
    "value", ["4111111111111112", "1700000000000", "12345678901234567890", "", "abc", "\u0664" * 16]
)
def test_other_numbers(value: str) -> None:
    assert not looks_like_card(value)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"9f1c6a", "9f1c6a"),
        (b"order of token 7", "order of token 7"),
        (b"Bearer abcdef", "redacted"),
        (b"basic dXNlcjpwdw==", "redacted"),
        (b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "redacted"),
        (b"x" * 200, "x" * 128),
    ],
)
def test_a_request_id_that_is_a_credential_is_not_repeated(given: bytes, shown: str) -> None:
    assert plain_id(given) == shown


@pytest.mark.parametrize("text", ['{"password":"a"}', "a=1&api_token=x", "user[secret]: x", "%22token%22%3Ax"])
def test_a_value_behind_a_telling_name_is_found(text: str) -> None:
    assert names_secret(text)
    assert not names_secret("the word token, and passwords = none"[:24])
