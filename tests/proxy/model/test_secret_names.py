"""What counts as a secret by its name or shape, and what does not."""

from __future__ import annotations

import pytest

from proxy.model.secret_names import looks_like_card, looks_secret


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
