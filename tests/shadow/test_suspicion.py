"""Which paths are looked at closely before they are recorded."""

from __future__ import annotations

import base64

import pytest

from shadow.suspicion import heads, may_hold

SESSION = "wQzLkmPaTgHsRvBn"
SENT = heads("", b"/orders/7", [(b"Cookie", f"session={SESSION}".encode()), (b"Accept", b"application/json")])


@pytest.mark.parametrize(
    "path",
    [
        "$",
        "$.orders[].lines[].quantity",
        "$.orders[3].customer.shipping_address",
        "$.*.price",
        "header:cache-control",
        "status",
        "body:charset",
        "$.html.@class",
    ],
)
def test_plain_names_that_nobody_sent_hold_nothing(path: str) -> None:
    assert not may_hold([path], SENT)


@pytest.mark.parametrize(
    "path",
    [
        f"$.sessions.{SESSION}.seen",
        f"$.sessions.x{SESSION[2:-2]}",
        f"$.of.{base64.b64encode(SESSION.encode()).decode().rstrip('=')}",
        f"$.of.abc{base64.b64encode(SESSION.encode()).decode().rstrip('=')}",
        '$.users."ann@shop.example"',
        "$.tokens.a1b2c3d4e5f6",
        "$." + "a" * 400,
    ],
)
def test_what_was_sent_and_what_is_no_plain_name_is_suspicious(path: str) -> None:
    assert may_hold(["$.total", path], SENT)


def test_what_was_sent_percent_encoded_is_found_as_it_is_meant() -> None:
    assert may_hold(["$.by.name_of_somebody"], heads("", b"/?who=name%5Fof%5Fsomebody"))


def test_who_sent_it_is_found_too() -> None:
    assert may_hold(["$.of.annabellasmith"], heads("annabellasmith", b"/"))


@pytest.mark.parametrize(
    "value",
    [
        b"Basic YW5uOmh1bnRlcmh1bnRlcg==",
        rb'{"a": "\u0068unterhunter"}',
        b"key=&#104;unterhunter",
        b"key=hunter&amp;hunter",
        b"key=%2568unterhunter",
    ],
)
def test_where_text_is_sent_in_disguise_everything_is_suspicious(value: bytes) -> None:
    assert may_hold(["$.total"], heads("", b"/", [(b"Authorization", value)]))
