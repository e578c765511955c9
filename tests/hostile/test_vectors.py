"""What other parsers are tested with and no row of http-promises.md names, valid and not: the ideas of gunicorn's and llhttp's collections,
in words of our own."""

from __future__ import annotations

import pytest

from tests.hostile.stage import Stage, is_clean, is_refused, passes, read_all
from tests.proxy.wire import get

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

REFUSED = {
    "a PROXY header that nobody asked for": (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 80\r\n" + HEAD + b"\r\n", 501),
    "a binary PROXY header": (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12), 400),
    "a space before the method": (b" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a tab before the method": (b"\tGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a method only": (b"GET\r\n\r\n", 400),
    "an empty method": (b" / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a method with a colon": (b"GET: / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no slash in the version": (b"GET / HTTP1.1\r\nHost: x\r\n\r\n", 400),
    "two slashes in the version": (b"GET / HTTP//1.1\r\nHost: x\r\n\r\n", 400),
    "a signed version": (b"GET / HTTP/+1.1\r\nHost: x\r\n\r\n", 400),
    "a version with a space": (b"GET / HTTP/1 .1\r\nHost: x\r\n\r\n", 400),
    "a comma in the version": (b"GET / HTTP/1,1\r\nHost: x\r\n\r\n", 400),
    "text behind the version": (b"GET / HTTP/1.1x\r\nHost: x\r\n\r\n", 400),
    "a third word behind the version": (b"GET / HTTP/1.1 HTTP/1.0\r\nHost: x\r\n\r\n", 400),
    "NUL behind the version": (b"GET / HTTP/1.1\0\r\nHost: x\r\n\r\n", 400),
    "a carriage return in the target": (b"GET /a\rb HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a line feed in the target": (b"GET /a\nb HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a field without colon behind a good one": (HEAD + b"X: 1\r\nfoo\r\n\r\n", 400),
    "a field that is only a colon": (HEAD + b":\r\n\r\n", 400),
    "a field name that ends in a space": (HEAD + b"X : 1\r\n\r\n", 400),
    "a continued Host": (b"GET / HTTP/1.1\r\nHost:\r\n x\r\n\r\n", 400),
    "an escape sequence in a value": (HEAD + b"X: \x1b[31mred\r\n\r\n", 400),
    "a backspace in a value": (HEAD + b"X: a\x08b\r\n\r\n", 400),
    "two Host fields, one with a space before its colon": (HEAD + b"Host : y\r\n\r\n", 400),
    "a coding with a vertical bar": (POST + b"Transfer-Encoding: chunked|x\r\n\r\n0\r\n\r\n", 501),
    "a coding in two words": (POST + b"Transfer-Encoding: chunked chunked\r\n\r\n0\r\n\r\n", 501),
    "two codings on two lines": (POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    "a length and an underscored coding, twice": (
        POST + b"Content-Length: 5\r\nContent-Length: 5\r\nTransfer_Encoding: chunked\r\n\r\nhello",
        400,
    ),
    "a length of -0 behind blanks": (POST + b"Content-Length:   -0\r\n\r\n", 400),
    "a length with a trailing NUL": (POST + b"Content-Length: 5\0\r\n\r\nhello", 400),
    "a fragment in a whole URL": (b"GET http://x/a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a target of only a query": (b"GET ?a=b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "OPTIONS with a relative target": (b"OPTIONS x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a WebDAV method in lower case": (b"propfind / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    "RTSP": (b"DESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400),
    "memcached": (b"stats\r\n", 400),
    "redis": (b"*1\r\n$4\r\nPING\r\n", 400),
    "SSH": (b"SSH-2.0-OpenSSH_9.6\r\n", 400),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_request_is_refused(stage: Stage, name: str) -> None:
    sent, status = REFUSED[name]
    await is_refused(stage, sent, status)


BROKEN_CHUNKS = {
    "a size with a sign behind it": b"5+\r\nhello\r\n0\r\n\r\n",
    "a size behind an empty line": b"\r\n5\r\nhello\r\n0\r\n\r\n",
    "a size with a decimal point": b"5.0\r\nhello\r\n0\r\n\r\n",
    "a space before an extension": b"5 ;x\r\nhello\r\n0\r\n\r\n",
    "a carriage return alone behind the size": b"5\rhello\r\n0\r\n\r\n",
    "two carriage returns behind the size": b"5\r\r\nhello\r\n0\r\n\r\n",
    "data shorter than its size": b"6\r\nhello\r\n0\r\n\r\n",
    "a last chunk with a bare line feed": b"5\r\nhello\r\n0\n\r\n",
    "a control byte in an extension": b"5;a=\x01\r\nhello\r\n0\r\n\r\n",
    "a trailer without colon": b"5\r\nhello\r\n0\r\nfoo\r\n\r\n",
    "a trailer with NUL": b"5\r\nhello\r\n0\r\nX: \0\r\n\r\n",
    "a trailer with a space before its colon": b"5\r\nhello\r\n0\r\nX : y\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN_CHUNKS)
async def test_broken_chunks_end_the_request(stage: Stage, name: str) -> None:
    await is_refused(stage, CHUNKED + BROKEN_CHUNKS[name], 400, begun=True)


PASSED: dict[str, tuple[bytes, bytes]] = {
    "the shortest request": (HEAD + b"\r\n", b"GET /"),
    "no blank behind the colon": (HEAD + b"X:1\r\n\r\n", b"GET /"),
    "many blanks behind the colon": (HEAD + b"X:  \t  1\r\n\r\n", b"GET /"),
    "a double slash and a query with slashes": (b"GET //a//?/b/../c HTTP/1.1\r\nHost: x\r\n\r\n", b"GET //a//?/b/../c"),
    "quotes and pipes in a query": (b"GET /?a='|\"`^{} HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /?a='|\"`^{}"),
    "a colon in the first segment": (b"GET /a:b HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /a:b"),
    "an encoded space": (b"GET /a%20b HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /a%20b"),
    "a whole URL with a query and no path": (b"GET http://x?a=b HTTP/1.1\r\nHost: x\r\n\r\n", b"GET http://x?a=b"),
    "OPTIONS for everything": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"OPTIONS *"),
    "a length of zero and chunks in name only": (
        POST + b"Content-Length: 0\r\nX-Transfer-Encoding: chunked\r\n\r\n",
        b"POST /x",
    ),
    "chunks with odd extensions": (
        CHUNKED + b'5;ilovew3;somuchlove=aretheseparametersfor;another="quoted;\\"value"\r\nhello\r\n0;foo=bar\r\n\r\n',
        b"POST /x hello",
    ),
    "sizes in both cases": (CHUNKED + b"00a\r\n0123456789\r\n0B\r\n0123456789a\r\n0\r\n\r\n", b"POST /x 01234567890123456789a"),
    "a trailer with an empty value": (CHUNKED + b"5\r\nhello\r\n0\r\nX:\r\nY: 1\r\n\r\n", b"POST /x hello"),
    "a certificate in a field": (HEAD + b"X-SSL-Cert: -----BEGIN%20CERTIFICATE-----%0AMIIFbTCC\r\n\r\n", b"GET /"),
    "Connection: keep-alive and more": (HEAD + b"Connection: keep-alive, foo, bar\r\nfoo: 1\r\n\r\n", b"GET /"),
    "Proxy-Connection": (HEAD + b"Proxy-Connection: keep-alive\r\n\r\n", b"GET /"),
    "a user agent as browsers have them": (HEAD + b"User-Agent: Mozilla/5.0 (X11; U; Linux) Gecko/2009 \xa9\r\n\r\n", b"GET /"),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSED)
async def test_what_is_unusual_and_valid_passes(stage: Stage, name: str) -> None:
    sent, line = PASSED[name]
    await passes(stage, sent, line)


async def test_a_query_request_passes_with_its_body(stage: Stage) -> None:
    await passes(stage, b"QUERY /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", b"QUERY /x hello")


@pytest.mark.parametrize("end", [b"", b"Connection: close\r\n"], ids=["no word", "close"])
async def test_http_1_0_ends_with_its_answer(stage: Stage, end: bytes) -> None:
    client = await stage.send(b"GET /1 HTTP/1.0\r\nHost: x\r\n" + end + b"\r\n" + get(b"/2"))
    received = await read_all(client)
    assert received.count(b" 200 OK\r\n") == 1
    assert stage.lines == [b"GET /1"]
    await is_clean(stage)


async def test_http_1_0_may_stay_if_it_asks_to(stage: Stage) -> None:
    await passes(
        stage,
        b"GET /1 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
        b"POST /2 HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi",
        b"GET /1",
        b"POST /2 hi",
    )
