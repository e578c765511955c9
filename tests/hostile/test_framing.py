"""Where a request ends: http-promises.md section 7.1. What is ambiguous is refused, what is merely unusual passes."""

from __future__ import annotations

import asyncio

import pytest

from tests.hostile.stage import Stage, case, is_clean, is_refused, passes, read_all, staged, within_bounds
from tests.proxy.conftest import Origins, Proxies
from tests.proxy.wire import eventually, get

POST = b"POST /x HTTP/1.1\r\nHost: example.com\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
"""A whole chunked body."""


def post(*lines: bytes, body: bytes = b"hello") -> bytes:
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def coded(coding: bytes, body: bytes = HELLO) -> bytes:
    return post(b"Transfer-Encoding: " + coding, body=body)


REFUSED = [
    case("CL.TE", "B01 C1", post(b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\nG"), 400),
    case(
        "TE.CL",
        "B02 C1",
        post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"5c\r\nGPOST / HTTP/1.1\r\n\r\n"),
        400,
    ),
    case(
        "CL.TE in odd case",
        "B03",
        post(b"content-LENGTH: 6", b"tRANSFER-encoding: chunked", body=b"0\r\n\r\nG"),
        400,
    ),
    case("TE before CL", "B03", post(b"Transfer-Encoding: chunked", b"Content-Length: 6", body=b"0\r\n\r\nG"), 400),
    case("two lengths", "B04 C1", post(b"Content-Length: 5", b"Content-Length: 10"), 400),
    case("one length twice", "B05", post(b"Content-Length: 5", b"Content-Length: 5"), 400),
    case("a list of one length", "B05", post(b"Content-Length: 5, 5"), 400),
    case("a list of two lengths", "B06", post(b"Content-Length: 5, 6"), 400),
    *(
        case(f"length {value.decode()}", "B07", post(b"Content-Length: " + value), 400)
        for value in (b"+5", b"-1", b"-0", b"5 5", b"0x5", b"1_0", b"5.0", b"5;", b'"5"', b"5,", b",5", b"5e0", b"five")
    ),
    case("empty length", "B08", post(b"Content-Length:"), 400),
    case("empty length and a real one", "B08", post(b"Content-Length:", b"Content-Length: 5"), 400),
    case("only blanks as length", "B08", post(b"Content-Length:  \t "), 400),
    case("full-width length", "B09", post("Content-Length: \uff15".encode()), 400),
    case("Arabic length", "B09", post("Content-Length: \u0665".encode()), 400),
    case("length in Latin-1 superscript", "B09", post(b"Content-Length: \xb2"), 400),
    case("length of 20 nines", "B10", post(b"Content-Length: 99999999999999999999"), 400),
    case("length 2^64 + 5", "B10", post(b"Content-Length: 18446744073709551621"), 400),
    case("length of 400 digits", "B10", post(b"Content-Length: " + b"0" * 399 + b"5"), 400),
    case("space before colon", "B12 C1", post(b"Content-Length : 5"), 400),
    case("tab before colon", "B12", post(b"Content-Length\t: 5"), 400),
    case("space before the first field", "B13", b"POST /x HTTP/1.1\r\n Content-Length: 34\r\nHost: x\r\n\r\n", 400),
    case("tab before the first field", "B13", b"POST /x HTTP/1.1\r\n\tContent-Length: 34\r\nHost: x\r\n\r\n", 400),
    case("NEL in the name", "B14", post(b"Content-Length\x85: 5"), 400),
    case("control byte before the name", "B14", post(b"\x01Content-Length: 5"), 400),
    case("no-break space in the name", "B14", post(b"Content-Length\xa0: 5"), 400),
    case("no colon", "B15", post(b"Content-Length 5"), 400),
    case("coding xchunked", "B16", coded(b"xchunked"), 501),
    case("coding chunkedchunked", "B16", coded(b"chunkedchunked"), 501),
    case("coding cow", "B16", coded(b"cow"), 501),
    case("empty coding", "B16", coded(b""), 400),
    case("chunked, identity", "B17", coded(b"chunked, identity"), 400),
    case("chunked, gzip", "B17", coded(b"chunked, gzip"), 400),
    case("identity", "B18", coded(b"identity"), 501),
    case("gzip, chunked", "B18", coded(b"gzip, chunked"), 501),
    case(",chunked", "B19", coded(b",chunked"), 501),
    case("chunked,", "B19", coded(b"chunked,"), 400),
    case("chunked, chunked", "B19", coded(b"chunked, chunked"), 400),
    case("chunked twice", "B20", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=HELLO), 400),
    case(
        "chunked, then identity",
        "B20",
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=HELLO),
        400,
    ),
    case(
        "identity, then chunked",
        "B20",
        post(b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked", body=HELLO),
        501,
    ),
    case("coding with VT", "B21", coded(b"\x0bchunked"), 400),
    case("coding with FF", "B21", coded(b"chunked\x0c"), 400),
    case("coding with NUL", "B21", coded(b"chunked\0"), 400),
    case("coding with no-break space", "B21", coded(b"\xa0chunked"), 501),
    case("coding on a folded line", "B22", post(b"Transfer-Encoding:", b" chunked", body=HELLO), 400),
    case("chunked in 1.0", "B25", coded(b"chunked").replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
    case("chunked with a parameter", "B26", coded(b"chunked;q=1"), 501),
    case("quoted chunked", "B26", coded(b'"chunked"'), 501),
    case("dotless i in the name", "B27", post("Transfer-Encod\u0131ng: chunked".encode(), body=HELLO), 400),
    case("long s in the name", "B27", post("Tran\u017ffer-Encoding: chunked".encode(), body=HELLO), 400),
    case(
        "a bad request and a good one in one packet",
        "B45 C2",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n" + get(b"/good"),
        400,
    ),
]


@pytest.mark.parametrize(("sent", "status"), REFUSED)
async def test_ambiguous_framing_is_refused_and_no_backend_sees_a_byte(stage: Stage, sent: bytes, status: int) -> None:
    await is_refused(stage, sent, status)


BROKEN_BODIES = [
    *(
        case(f"size {size.decode()!r}", "B28", size + b"\r\nhello\r\n0\r\n\r\n")
        for size in (b"0x5", b"+5", b"-5", b"5_0", b"5 ", b" 5", b"", b"G", b"5\t", b"\xef\xbc\x95", b"5,5")
    ),
    case("size of 17 digits", "B29", b"10000000000000005\r\nhello"),
    case("size with 64 Ki leading zeros", "B29", b"0" * 65_536 + b"5\r\nhello\r\n0\r\n\r\n"),
    case("extension ended by a bare LF", "B30", b"2;\nxx\r\n4c\r\n0\r\n\r\n"),
    case("extension ended by a bare CR", "B30", b"2;\rxx\r\n4c\r\n0\r\n\r\n"),
    case("size ended by a bare LF", "B30", b"2\nxx\r\n0\r\n\r\n"),
    case("extension with NUL", "B31", b"5;a=\0\r\nhello\r\n0\r\n\r\n"),
    case("extension with CRLF in quotes", "B31", b'5;a="\r\nhello\r\n0\r\n\r\n"\r\n0\r\n\r\n'),
    case("extension of 64 KiB", "B32", b"5;" + b"x" * 65536 + b"\r\nhello\r\n0\r\n\r\n"),
    case("one-byte chunks with long extensions", "B32", (b"1;" + b"x" * 1024 + b"\r\na\r\n") * 300),
    case("data longer than the size", "B33", b"5\r\nhello world\r\n0\r\n\r\n"),
    case("no CRLF after the data", "B33", b"5\r\nhello0\r\n\r\n"),
    case("LF after the data", "B33", b"5\r\nhello\n0\r\n\r\n"),
    case("bare LF everywhere", "B34", b"5\nhello\n0\n\n"),
    case("no end behind the last chunk", "B36", b"5\r\nhello\r\n0\r\n"),
    case("LF behind the last chunk", "B36", b"5\r\nhello\r\n0\r\n\n"),
    case("space before a trailer", "B37", b"5\r\nhello\r\n0\r\n X: y\r\n\r\n"),
    case("a length as trailer", "B37", b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"),
    case("a coding as trailer", "B37", b"5\r\nhello\r\n0\r\nTransfer-Encoding: identity\r\n\r\n"),
    case("folded trailer", "B37", b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n"),
]


@pytest.mark.parametrize("body", BROKEN_BODIES)
async def test_a_broken_body_ends_the_request_and_no_backend_sees_its_end(stage: Stage, body: bytes) -> None:
    await is_refused(stage, CHUNKED + body, 400, begun=True)


@pytest.mark.promise("B38", "C7")
async def test_a_hundred_thousand_trailers_are_refused(stage: Stage) -> None:
    await is_refused(stage, CHUNKED + b"5\r\nhello\r\n0\r\n" + b"a: b\r\n" * 100_000 + b"\r\n", 431, begun=True)


PASSED = [
    case("a length with leading zeros", "B11", post(b"Content-Length: 005"), b"POST /x hello"),
    case("a length behind a tab", "B11", post(b"Content-Length:\t5"), b"POST /x hello"),
    case("a length before blanks", "B11", post(b"Content-Length: 5 \t"), b"POST /x hello"),
    case("no length", "B42", post(body=b""), b"POST /x"),
    case("a length of nothing", "B42", post(b"Content-Length: 0", body=b""), b"POST /x"),
    case(
        "an underscore instead of a hyphen",
        "B23",
        post(b"Transfer_Encoding: chunked", b"Content-Length: 5"),
        b"POST /x hello",
    ),
    case("a coding in odd case", "B24", coded(b"chunKED"), b"POST /x hello"),
    case("a coding before a space", "B21", coded(b"chunked "), b"POST /x hello"),
    case("a coding behind a tab", "B21", coded(b"\tchunked"), b"POST /x hello"),
    case("capital hexadecimal", "B28", CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n", b"POST /x 0123456789"),
    case("leading zeros of a size", "B29", CHUNKED + b"00005\r\nhello\r\n000\r\n\r\n", b"POST /x hello"),
    case("an extension", "B31", CHUNKED + b"5;a=b;c\r\nhello\r\n0;last\r\n\r\n", b"POST /x hello"),
    case("a quoted extension", "B31", CHUNKED + b'5;a="b c"\r\nhello\r\n0\r\n\r\n', b"POST /x hello"),
    case(
        "chunks in a row",
        "B39",
        CHUNKED + b"1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n",
        b"POST /x hello",
    ),
    case("an empty chunked body", "B42", CHUNKED + b"0\r\n\r\n", b"POST /x"),
    *(
        case(
            f"a {method.decode()} with a request as body",
            "B41",
            method + b" /x HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
            method + b" /x GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
        )
        for method in (b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"PUT", b"PATCH")
    ),
    case(
        "a body of all bytes",
        "B42",
        post(b"Content-Length: 256", body=bytes(range(256))),
        b"POST /x " + bytes(range(256)),
    ),
]


@pytest.mark.parametrize(("sent", "line"), PASSED)
async def test_unusual_framing_passes(stage: Stage, sent: bytes, line: bytes) -> None:
    await passes(stage, sent, line)


@pytest.mark.promise("B44")
async def test_two_pipelined_requests_are_two(stage: Stage) -> None:
    await passes(stage, get(b"/1") + post(b"Content-Length: 5") + get(b"/2"), b"GET /1", b"POST /x hello", b"GET /2")


@pytest.mark.promise("B42")
async def test_what_follows_a_request_without_body_is_the_next_request_or_none(stage: Stage) -> None:
    await is_refused(stage, post(body=b"x=1&y=2\r\n"), 400, answered=1)


@pytest.mark.promise("B40")
async def test_what_follows_the_last_request_is_ignored(stage: Stage) -> None:
    client = await stage.send(post(b"Content-Length: 5", b"Connection: close") + get(b"/surplus"))
    received = await read_all(client)
    assert received.count(b"HTTP/1.1 200 OK") == 1
    assert stage.lines == [b"POST /x hello"]
    await is_clean(stage)


@pytest.mark.promise("B37", "C11")
async def test_trailers_never_become_headers(stage: Stage) -> None:
    evil = [b"Host: evil", b"Authorization: evil", b"X-Forwarded-For: 6.6.6.6", b"X-Shadow: 1"]
    trailers = b"".join(line + b"\r\n" for line in [*evil, b"X-Sum: 1"])
    await passes(stage, CHUNKED + b"5\r\nhello\r\n0\r\n" + trailers + b"\r\n", b"POST /x hello")
    assert b"\r\n0\r\nX-Sum: 1\r\n\r\n" in stage.raw
    for line in evil:
        assert line not in stage.raw


@pytest.mark.promise("B29")
async def test_a_chunk_without_end_is_a_body_without_end(stage: Stage) -> None:
    """The largest size that there is: what comes goes on in chunks of its own, and never ends."""
    client = await stage.send(CHUNKED + b"FFFFFFFFFFFFFFFF\r\n" + b"0\r\n\r\n" + get(b"/inside"))
    await eventually(lambda: stage.seen and stage.seen[-1].body.endswith(b"\r\n\r\n"))
    await client.close()
    await is_clean(stage)
    assert stage.lines == [b"GET /clean"]


@pytest.mark.promise("B35", "C4")
async def test_a_body_without_end_is_given_up(origin: Origins, proxy: Proxies) -> None:
    async with staged(origin, proxy, "defaults: { timeouts: { idle: 100ms } }\n") as stage:
        client = await stage.send(CHUNKED + b"5\r\nhello\r\n")
        received = await read_all(client)
        assert received.startswith(b"HTTP/1.1 408 ")
        assert stage.lines == []
        await is_clean(stage)


@pytest.mark.promise("B43", "C6")
@pytest.mark.parametrize("start", [post(b"Content-Length: 50"), CHUNKED + b"5\r\nhello\r\n"], ids=["length", "chunks"])
async def test_a_body_that_ends_too_early_is_never_whole_for_the_backend(stage: Stage, start: bytes) -> None:
    client = await stage.send(start)
    await eventually(lambda: stage.seen)
    client.writer.write_eof()
    await read_all(client)
    assert stage.lines == []
    await is_clean(stage)


@pytest.mark.promise("B39")
async def test_a_million_one_byte_chunks_do_not_stop_the_loop(stage: Stage) -> None:
    async with within_bounds(turn=0.2):
        client = await stage.send(CHUNKED + b"1\r\nx\r\n" * 1_000_000 + b"0\r\n\r\n")
        assert (await client.read_answer())[0] == 200
    assert stage.lines == [b"POST /x " + b"x" * 1_000_000]
    await is_clean(stage)


@pytest.mark.promise("B44", "C8")
async def test_ten_thousand_pipelined_requests_are_answered_in_order(stage: Stage) -> None:
    client = await stage.send(b"".join(get(b"/%d" % number) for number in range(10_000)))
    for _ in range(10_000):
        assert (await client.read_answer())[0] == 200
    assert stage.lines == [b"GET /%d" % number for number in range(10_000)]
    await is_clean(stage)


@pytest.mark.promise("B36")
async def test_no_byte_of_a_request_is_lost_however_it_is_cut(stage: Stage) -> None:
    """Every place between two bytes of two requests, once."""
    sent = post(b"Content-Length: 5") + CHUNKED + b"3;x=1\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
    for at in range(1, len(sent)):
        client = await stage.send(sent[:at])
        await asyncio.sleep(0)
        await client.send(sent[at:])
        for _ in range(2):
            assert (await client.read_answer())[0] == 200
        await client.close()
    assert stage.lines == [b"POST /x hello", b"POST /x abc"] * (len(sent) - 1)
