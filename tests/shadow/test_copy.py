"""What the copy of a request holds."""

import pytest

from proxy.model.message import Headers, RequestHead
from shadow.copy import Copy, Unrepeatable, copy_of


def copied(headers: Headers, *, method: bytes = b"GET", target: bytes = b"/a?b=%20", body: bytes = b"") -> Copy:
    return copy_of(RequestHead.from_headers(method, target, headers), body)


def test_host_cookies_and_repeated_headers_go_along_in_their_order_and_the_copy_is_marked() -> None:
    copy = copied([(b"Host", b"shop.example"), (b"cookie", b"a=1"), (b"X-A", b"1"), (b"x-a", b"caf\xc3\xa9")])
    assert copy.headers == (
        ("Host", "shop.example"),
        ("cookie", "a=1"),
        ("X-A", "1"),
        ("X-A", "café"),
        ("X-Shadow", "1"),
    )
    assert copy.target == "/a?b=%20"


@pytest.mark.parametrize(
    "name",
    [
        b"Connection",
        b"Keep-Alive",
        b"TE",
        b"Trailer",
        b"Transfer-Encoding",
        b"Upgrade",
        b"Expect",
        b"Content-Length",
        b"x-shadow",
    ],
)
def test_what_belongs_to_one_hop_is_not_sent(name: bytes) -> None:
    assert copied([(name, b"x")]).headers == (("X-Shadow", "1"),)


def test_headers_named_by_connection_are_not_sent() -> None:
    assert copied([(b"Connection", b"close, X-Hop"), (b"x-hop", b"1"), (b"X-Stays", b"1")]).headers == (
        ("X-Stays", "1"),
        ("X-Shadow", "1"),
    )


@pytest.mark.parametrize("value", [b"caf\xe9", b"a\x01b", b"a\x7f"])
def test_bytes_that_would_not_arrive_as_they_are_make_no_copy(value: bytes) -> None:
    with pytest.raises(Unrepeatable):
        copied([(b"X-A", value)])
    with pytest.raises(Unrepeatable):
        copied([], target=b"/" + value)


def test_only_get_and_head_are_safe() -> None:
    assert [copied([], method=method).safe for method in (b"GET", b"HEAD", b"POST", b"DELETE", b"OPTIONS")] == [
        True,
        True,
        False,
        False,
        False,
    ]
