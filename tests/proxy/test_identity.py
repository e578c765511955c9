"""What a user is recognised by, and our own cookie, which nobody can forge."""

from __future__ import annotations

import random

import pytest

from proxy.identity import IdentityCookie, compile_sources, identity_of, new_token
from proxy.model.message import RequestHead
from proxy.model.table import IdentitySource

SOURCES = compile_sources([IdentitySource("cookie", "session"), IdentitySource("header", "X-User-Id")])
COOKIE = IdentityCookie(b"s" * 32)


def head(*lines: tuple[bytes, bytes]) -> RequestHead:
    return RequestHead.from_headers(b"GET", b"/", list(lines))


def returned(cookie: bytes) -> RequestHead:
    """The request of a browser that was sent ``cookie``."""
    return head((b"Cookie", b"a=b; " + cookie.partition(b";")[0]))


@pytest.mark.parametrize(
    ("lines", "identity"),
    [
        ([], None),
        ([(b"cookie", b"session=1")], b"1"),
        ([(b"x-user-id", b"2")], b"2"),
        ([(b"X-User-Id", b"2"), (b"Cookie", b"session=1")], b"1"),
        ([(b"X-User-Id", b"2"), (b"Cookie", b"session=")], b"2"),
        ([(b"X-User-Id", b""), (b"Cookie", b"Session=1")], None),
        ([(b"X-User-Id", b"\xff\x00")], b"\xff\x00"),
    ],
)
def test_the_first_source_that_is_present_and_not_empty_counts(
    lines: list[tuple[bytes, bytes]], identity: bytes | None
) -> None:
    assert identity_of(SOURCES, head(*lines)) == identity


def test_our_cookie_is_read_back_by_whoever_has_the_secret() -> None:
    cookie = COOKIE.issue(b"token")
    assert COOKIE.read(returned(cookie)) == b"token"
    assert IdentityCookie(b"s" * 32).read(returned(cookie)) == b"token"
    assert IdentityCookie(b"t" * 32).read(returned(cookie)) is None


def test_the_cookie_is_for_this_site_only_and_out_of_reach_of_scripts() -> None:
    first, *attributes = COOKIE.issue(b"token").split(b"; ")
    assert first.startswith(b"strangler_id=token.")
    assert attributes == [b"Path=/", b"Max-Age=2592000", b"HttpOnly", b"SameSite=Lax"]
    assert COOKIE.issue(b"token", b"https").endswith(b"; Secure")


@pytest.mark.parametrize(
    "value",
    [b"", b"token", b"token.", b".", b"token.00", b"token.%s0", b"toke.%s", b"tokens.%s", b".%s", b"token.\xff"],
)
def test_a_cookie_that_is_not_ours_identifies_nobody(value: bytes) -> None:
    signature = COOKIE.issue(b"token").partition(b".")[2].partition(b";")[0]
    assert COOKIE.read(head((b"Cookie", b"strangler_id=" + value.replace(b"%s", signature)))) is None
    assert COOKIE.read(head()) is None


def test_tokens_come_from_the_dice_and_do_not_repeat() -> None:
    dice = random.Random(1).random
    tokens = {new_token(dice) for _ in range(10_000)}
    assert len(tokens) == 10_000
    assert {len(token) for token in tokens} == {26}
    assert new_token(lambda: 0.0) == b"0" * 26
    assert new_token(lambda: 1 - 2**-53) == b"f" * 26
