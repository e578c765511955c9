"""What HTTP/2 can say and HTTP/1 cannot is refused before a byte of text is made."""

from __future__ import annotations

import pytest
from h2.exceptions import ProtocolError
from h2.utilities import HeaderValidationFlags, validate_headers
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.fields import Refused
from proxy.http2.request import read_request, read_trailers
from tests.proxy.http2.wire import Fields, request


def changed(name: bytes, value: bytes | None) -> Fields:
    """A good request with one field changed, or left out."""
    fields = [(key, value if key == name and value is not None else given) for key, given in request()]
    return [pair for pair in fields if value is not None or pair[0] != name]


MALFORMED = {
    "no method": changed(b":method", None),
    "no path": changed(b":path", None),
    "no scheme": changed(b":scheme", None),
    "an empty method": changed(b":method", b""),
    "a line in the method": changed(b":method", b"GET / HTTP/1.1\r\nx: y\r\n\r\nGET"),
    "a space in the method": changed(b":method", b"GET /admin HTTP/1.1"),
    "an empty path": changed(b":path", b""),
    "a path that is none": changed(b":path", b"admin"),
    "a whole URL as path": changed(b":path", b"http://evil/"),
    "a space in the path": changed(b":path", b"/ HTTP/1.1"),
    "a line in the path": changed(b":path", b"/ HTTP/1.1\r\nx: y"),
    "a tab in the path": changed(b":path", b"/\ta"),
    "a DEL in the path": changed(b":path", b"/\x7f"),
    "a NUL in the path": changed(b":path", b"/\0"),
    "a scheme of another world": changed(b":scheme", b"ftp"),
    "a scheme with an address": changed(b":scheme", b"http://internal/?"),
    "an empty authority": changed(b":authority", b""),
    "a user in the authority": changed(b":authority", b"user@example.com"),
    "a path in the authority": changed(b":authority", b"example.com/admin"),
    "a line in the authority": changed(b":authority", b"a\r\nx: y"),
    "two paths": [*request()[:4], (b":path", b"/b")],
    "an unknown pseudo-header field": [*request()[:4], (b":protocol", b"websocket")],
    "a field of answers": [*request()[:4], (b":status", b"200")],
    "a pseudo-header field behind the others": [(b"x-a", b"b"), *request()],
    "host and authority differ": request(b"/", (b"host", b"evil")),
    "two hosts": request(b"/", (b"host", b"example.com"), (b"host", b"example.com")),
    "upper case": request(b"/", (b"X-A", b"b")),
    "an empty name": request(b"/", (b"", b"b")),
    "a colon in a name": request(b"/", (b"a:b", b"c")),
    "a space in a name": request(b"/", (b"a b", b"c")),
    "a line in a name": request(b"/", (b"a\r\nb", b"c")),
    "a line in a value": request(b"/", (b"a", b"b\r\nTransfer-Encoding: chunked")),
    "a line feed in a value": request(b"/", (b"a", b"b\nc")),
    "a return in a value": request(b"/", (b"a", b"b\rc")),
    "a NUL in a value": request(b"/", (b"a", b"b\0c")),
    "a line in a cookie": request(b"/", (b"cookie", b"a\r\nx: y")),
    "space before a value": request(b"/", (b"a", b" b")),
    "space after a value": request(b"/", (b"a", b"b\t")),
    "connection": request(b"/", (b"connection", b"close")),
    "keep-alive": request(b"/", (b"keep-alive", b"1")),
    "proxy-connection": request(b"/", (b"proxy-connection", b"close")),
    "transfer-encoding": request(b"/", (b"transfer-encoding", b"chunked")),
    "upgrade": request(b"/", (b"upgrade", b"websocket")),
    "te other than trailers": request(b"/", (b"te", b"gzip")),
    "a length that is none": request(b"/", (b"content-length", b"+5")),
    "an empty length": request(b"/", (b"content-length", b"")),
    "two lengths": request(b"/", (b"content-length", b"0"), (b"content-length", b"0")),
    "a length without a body": request(b"/", (b"content-length", b"5")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_makes_no_text(name: str) -> None:
    with pytest.raises(Refused) as refused:
        read_request(MALFORMED[name], ended=True)
    assert (refused.value.status, refused.value.reason) == (400, "http2_malformed")


def test_connect_is_refused_as_elsewhere() -> None:
    with pytest.raises(Refused) as refused:
        read_request([(b":method", b"CONNECT"), (b":authority", b"internal:22")], ended=False)
    assert refused.value.status == 405


@pytest.mark.parametrize(
    ("fields", "ended", "head"),
    [
        (request(b"/a?b"), True, b"GET /a?b HTTP/1.1\r\nhost: example.com\r\n\r\n"),
        (changed(b":scheme", b"HTTPS"), True, b"GET / HTTP/1.1\r\nhost: example.com\r\n\r\n"),
        (
            request(b"*", (b"te", b"trailers"), method=b"OPTIONS"),
            True,
            b"OPTIONS * HTTP/1.1\r\nhost: example.com\r\nte: trailers\r\n\r\n",
        ),
        (
            request(b"/", (b"host", b"EXAMPLE.com"), (b"a", b"")),
            True,
            b"GET / HTTP/1.1\r\nhost: example.com\r\na: \r\n\r\n",
        ),
        (
            [*changed(b":authority", None), (b"host", b"example.com")],
            True,
            b"GET / HTTP/1.1\r\nhost: example.com\r\n\r\n",
        ),
        (
            request(b"/", (b"cookie", b"a=1"), (b"x", b"y"), (b"cookie", b"b=2")),
            True,
            b"GET / HTTP/1.1\r\nhost: example.com\r\nx: y\r\ncookie: a=1; b=2\r\n\r\n",
        ),
        (
            request(method=b"POST"),
            False,
            b"POST / HTTP/1.1\r\nhost: example.com\r\ntransfer-encoding: chunked\r\n\r\n",
        ),
        (
            request(b"/", (b"content-length", b"007"), method=b"POST"),
            False,
            b"POST / HTTP/1.1\r\nhost: example.com\r\ncontent-length: 7\r\n\r\n",
        ),
    ],
)
def test_a_good_request_is_one_head(fields: Fields, ended: bool, head: bytes) -> None:
    assert read_request(fields, ended=ended).head == head


@pytest.mark.parametrize(
    "trailer",
    [
        (b":path", b"/"),
        (b"connection", b"close"),
        (b"transfer-encoding", b"chunked"),
        (b"A", b"b"),
        (b"a", b"b\r\n\r\nGET / HTTP/1.1"),
        (b"a", b" b"),
    ],
)
def test_bad_trailers_are_refused(trailer: tuple[bytes, bytes]) -> None:
    with pytest.raises(Refused):
        read_trailers([trailer])


NAMES = st.one_of(
    st.sampled_from(
        [
            b":method",
            b":path",
            b":scheme",
            b":authority",
            b":protocol",
            b":status",
            b"host",
            b"te",
            b"cookie",
            b"a",
            b"",
        ]
    ),
    st.sampled_from([b"connection", b"upgrade", b"transfer-encoding", b"keep-alive", b"content-length"]),
    st.binary(max_size=4),
)
VALUES = st.one_of(
    st.sampled_from([b"GET", b"CONNECT", b"/", b"http", b"example.com", b"evil", b"trailers", b"0", b"", b"a b"]),
    st.binary(max_size=4),
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.booleans())
@example([], True)
def test_whatever_h2_would_refuse_is_refused(extra: Fields, whole: bool) -> None:
    """h2's own checks of fields are turned off for speed; nothing may pass ours that would not pass them."""
    fields = [*request(), *extra] if whole else extra
    try:
        list(validate_headers(fields, HeaderValidationFlags(False, False, False, False)))
    except ProtocolError:
        with pytest.raises(Refused):
            read_request(fields, ended=False)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_whatever_passes_is_one_head_and_nothing_more(extra: Fields) -> None:
    try:
        head = read_request([*request(), *extra], ended=False).head
    except Refused:
        return
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n\r\n") == 1
    assert head.count(b"\n") == head.count(b"\r\n") == head.count(b"\r")
    assert head.lower().count(b"\r\nhost:") == 1
