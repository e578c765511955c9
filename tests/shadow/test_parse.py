"""Captured heads become values, or a refusal with a reason."""

import pytest

from shadow.parse import BadHead, parse_answer, parse_request


def test_a_request_keeps_its_target_and_header_bytes_names_and_order() -> None:
    head = parse_request(b"GET /a%2Fb?x=%20&y HTTP/1.1\r\nHOST: h\r\nx-B: 2\r\nX-b: caf\xe9\r\n\r\n")
    assert (head.method, head.target) == (b"GET", b"/a%2Fb?x=%20&y")
    assert head.headers == [(b"HOST", b"h"), (b"x-B", b"2"), (b"X-b", b"caf\xe9")]


def test_a_request_with_a_body_is_whole_with_its_head() -> None:
    head = parse_request(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
    assert head.method == b"POST"


def test_an_answer_has_status_headers_body_and_times() -> None:
    answer = parse_answer(
        b"HTTP/1.1 404 Not Here\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n", b"gone", first_byte=0.1, total=0.2
    )
    assert (answer.status, answer.body, answer.first_byte, answer.total) == (404, b"gone", 0.1, 0.2)
    assert answer.headers == [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")]


def test_white_space_behind_a_value_is_no_part_of_it() -> None:
    answer = parse_answer(b"HTTP/1.1 200 OK\r\nX-Version: 7 \t\r\n\r\n", b"")
    assert answer.headers == [(b"X-Version", b"7")]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: h\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"\x00\xff" * 40,
    ],
)
def test_what_is_no_head_is_refused(head: bytes) -> None:
    with pytest.raises(BadHead):
        parse_request(head)
    with pytest.raises(BadHead):
        parse_answer(head, b"")
