"""Whose session a copy belongs to, and the cookies that go along with it."""

from __future__ import annotations

import pytest

from proxy.model.message import Headers, RequestHead
from shadow.copy import Copy, copy_of
from shadow.model import Answer
from shadow.session import identity_after, is_sent_away, set_cookies, url_of, with_cookies
from tests.shadow.answers import answer

SOURCES = (("header", "X-User"), ("cookie", "sid"), ("cookie", "old"))


def head(*headers: tuple[bytes, bytes], target: bytes = b"/") -> RequestHead:
    return RequestHead.from_headers(b"GET", target, list(headers))


def setting(*lines: bytes) -> Answer:
    return Answer(200, [(b"set-Cookie", line) for line in lines], b"")


@pytest.mark.parametrize(
    ("headers", "lines", "later"),
    [
        ([], [b"sid=7; Path=/; HttpOnly"], "7"),
        ([(b"Cookie", b"sid=1")], [b"a=1", b'sid="7"; Path=/'], '"7"'),
        ([(b"Cookie", b"a=b; sid=1")], [b"sid=; Max-Age=0", b"old=8"], "8"),
        ([(b"Cookie", b"sid=1")], [b"old=8"], "before"),
        ([(b"Cookie", b"old=1")], [b"old=8"], "8"),
        ([(b"Cookie", b"sid=1")], [b"sid=deleted; Max-Age=0"], "before"),
        ([(b"X-User", b"kim")], [b"sid=7"], "before"),
        ([], [b"\xff=1", b"b\xc3\xa4d name=1", b"=", b""], "before"),
        ([], [], "before"),
    ],
)
def test_whom_the_next_request_is_taken_for(headers: Headers, lines: list[bytes], later: str) -> None:
    assert identity_after(SOURCES, head(*headers), setting(*lines), "before") == later


def test_set_cookie_fields_that_are_no_text_are_left_out() -> None:
    assert set_cookies(setting(b"a=1", b"\xff=2", "b=ä".encode()).headers) == ["a=1", "b=ä"]


def copied(*headers: tuple[bytes, bytes]) -> Copy:
    return copy_of(head(*headers), b"")


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ([], ["Cookie: sid=new; b=2"]),
        ([(b"cOOKIE", b"a=1;  sid=old;c=\"x y\"")], ['cOOKIE: a=1; c="x y"; sid=new; b=2']),
        ([(b"Cookie", b"sid=old"), (b"Cookie", b"b=old; sid=older")], ["Cookie: sid=new; b=2"]),
        ([(b"Cookie", b"sidd=1; SID=2")], ["Cookie: sidd=1; SID=2; sid=new; b=2"]),
    ],
)  # fmt: skip
def test_the_jars_cookies_take_the_place_of_those_of_their_names(headers: Headers, sent: list[str]) -> None:
    lines = with_cookies(copied((b"Host", b"a"), *headers), {"sid": "new", "b": "2"})
    assert [f"{name}: {value}" for name, value in lines] == ["Host: a", *sent, "X-Shadow: 1"]


@pytest.mark.parametrize(
    ("headers", "target", "url"),
    [
        (
            [(b"Host", b"shop.example:81"), (b"X-Forwarded-Proto", b"https")],
            b"/a%2fb?c",
            "https://shop.example:81/a%2fb",
        ),
        ([(b"Host", b"shop.example")], b"*", "http://shop.example/"),
        ([(b"Host", b"[::1]:99999999")], b"/", None),
    ],
)
def test_where_a_side_believes_to_be_asked(headers: Headers, target: bytes, url: str | None) -> None:
    found = url_of(copy_of(head(*headers, target=target), b""))
    assert (None if found is None else str(found)) == url


@pytest.mark.parametrize(("control", "candidate", "is_so"), [(200, 401, True), (200, 302, True), (401, 401, False), (200, 200, False), (200, 500, False)])  # fmt: skip
def test_who_is_taken_for_a_stranger_by_one_side_only(control: int, candidate: int, is_so: bool) -> None:
    assert is_sent_away(answer(status=control), answer(status=candidate)) is is_so
