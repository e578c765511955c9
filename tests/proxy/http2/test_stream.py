"""One stream: what reaches the backend, and what comes back."""

from __future__ import annotations

import asyncio
import re

import pytest
from h2.errors import ErrorCodes

from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.conftest import Http2Proxies
from tests.proxy.http2.wire import request
from tests.proxy.wire import OriginConnection, always, answering, eventually, ok


async def test_a_request_arrives_as_http_1_and_its_answer_as_http_2(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(
        always(ok(b"hello", b"X-Mixed-CASE: a ", b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"Keep-Alive: timeout=5"))
    )
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    answer = await client.ask(request(b"/a?b=%2f", (b"x-a", b"\xe9"), (b"cookie", b"a=1"), (b"cookie", b"b=2")))
    assert answer.fields == [
        (b":status", b"200"),
        (b"x-mixed-case", b"a"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"content-length", b"5"),
    ]
    assert answer.body == b"hello"
    lines = backend.heads[0].split(b"\r\n")
    assert lines[:4] == [b"GET /a?b=%2f HTTP/1.1", b"host: example.com", b"x-a: \xe9", b"cookie: a=1; b=2"]
    assert b"X-Forwarded-Proto: http" in lines
    assert b"X-Forwarded-For: 127.0.0.1" in lines
    assert re.search(rb"\r\nVia: 2\.0 strangler-", backend.heads[0])
    assert b"Transfer-Encoding" not in backend.heads[0]
    assert both.running.count("strangler_requests", status_class="2xx") == 1
    assert both.running.access_log.lines[0][6:8] == (200, 0)


async def test_the_scheme_that_a_client_claims_is_not_believed(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await http2(to_legacy(backend.port))).connect()
    fields = [(name, b"https" if name == b":scheme" else value) for name, value in request()]
    assert (await client.ask(fields)).status == 200
    assert b"X-Forwarded-Proto: http\r\n" in backend.heads[0]


@pytest.mark.parametrize("length", [True, False], ids=["with content-length", "without"])
async def test_a_body_is_framed_as_the_client_framed_it(origin: Origins, http2: Http2Proxies, length: bool) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        body = await connection.read_exactly(5) if length else await connection.read_until(b"0\r\n\r\n")
        await connection.send(ok(body))
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port))).connect()
    fields = request(b"/", *([(b"content-length", b"5")] if length else []), method=b"POST")
    answer = await client.ask(fields, b"hello")
    assert answer.body == (b"hello" if length else b"5\r\nhello\r\n0\r\n\r\n")
    assert (b"transfer-encoding: chunked" in backend.heads[0]) is not length


async def test_trailers_pass_both_ways(origin: Origins, http2: Http2Proxies) -> None:
    seen: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        seen.append(await connection.read_until(b"\r\n\r\n"))
        await connection.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nGrpc-Status: 0\r\nHost: evil\r\n\r\n"
        )
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port))).connect()
    answer = await client.ask(
        request(b"/", (b"te", b"trailers"), method=b"POST"), b"abc", [(b"x-sum", b"1"), (b"host", b"evil")]
    )
    assert answer.body == b"abc"
    assert answer.trailers == [(b"grpc-status", b"0")]
    assert seen == [b"3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n"]
    assert b"\r\nConnection: TE\r\nTE: trailers\r\n" in backend.heads[0]


async def test_a_body_without_data_but_with_trailers_is_whole(origin: Origins, http2: Http2Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.read_until(b"0\r\nx-sum: 1\r\n\r\n")
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGrpc-Status: 7\r\n\r\n")
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port))).connect()
    answer = await client.ask(request(method=b"POST"), None, [(b"x-sum", b"1")])
    assert (answer.body, answer.trailers, answer.ended) == (b"", [(b"grpc-status", b"7")], True)


async def test_hints_are_passed_on(origin: Origins, http2: Http2Proxies) -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    backend = await origin(always(hint + b"HTTP/1.1 100 Continue\r\n\r\n" + ok()))
    client = await (await http2(to_legacy(backend.port))).connect()
    answer = await client.ask(request())
    assert answer.hints == [{b":status": b"103", b"link": b"</a.css>"}, {b":status": b"100"}]
    assert (answer.status, answer.body) == (200, b"hello")


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
async def test_an_answer_without_a_body_ends(
    origin: Origins, http2: Http2Proxies, method: bytes, answer: bytes
) -> None:
    backend = await origin(always(answer))
    client = await (await http2(to_legacy(backend.port))).connect()
    for _ in range(2):
        got = await client.ask(request(method=method))
        assert (got.body, got.ended, got.reset) == (b"", True, None)
        assert dict(got.fields).get(b"content-length") == (re.search(rb"Length: (\d)", answer) or [None, None])[1]


async def test_an_answer_that_ends_with_its_connection_ends(origin: Origins, http2: Http2Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\nhello")

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port))).connect()
    answer = await client.ask(request())
    assert (answer.body, answer.ended) == (b"hello", True)


@pytest.mark.parametrize("framing", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
async def test_a_cut_answer_is_visibly_cut(origin: Origins, http2: Http2Proxies, framing: bytes) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        body = b"5\r\nhello\r\n" if b"chunked" in framing else b"hello"
        await connection.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + body)

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port))).connect()
    answer = await client.ask(request())
    assert (answer.body, answer.ended, answer.reset) == (b"hello", False, ErrorCodes.INTERNAL_ERROR)


async def test_a_backend_that_is_not_there_is_a_502_with_a_request_id(http2: Http2Proxies, unused_port: int) -> None:
    client = await (await http2(to_legacy(unused_port))).connect()
    answer = await client.ask(request())
    assert answer.status == 502
    assert b'"request_id"' in answer.body
    assert (b"content-type", b"application/problem+json") in answer.fields


async def test_an_early_answer_ends_the_request_without_an_error(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(answering(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"))
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    stream = await client.begin(request(b"/", (b"content-length", b"100000"), method=b"POST"))
    await client.until(lambda: client.answers[stream].reset is not None)
    answer = client.answers[stream]
    assert (answer.status, answer.body, answer.ended, answer.reset) == (413, b"no", True, ErrorCodes.NO_ERROR)


async def test_a_client_that_gives_up_ends_the_request_at_the_backend(origin: Origins, http2: Http2Proxies) -> None:
    ended: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        ended.append(await connection.reader.read())

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    stream = await client.send(request())
    await eventually(lambda: backend.heads)
    await client.reset(stream)
    await eventually(lambda: ended)
    await eventually(lambda: both.running.access_log.lines)
    assert both.running.access_log.lines[0][6] == 499


async def test_many_streams_are_answered_as_their_backends_answer(origin: Origins, http2: Http2Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            path = head.split(b" ")[1]
            if path == b"/0":
                await go_on.wait()
            await connection.send(ok(path))

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    streams = [await client.send(request(b"/%d" % n)) for n in range(50)]
    for n, stream in enumerate(streams[1:], 1):
        assert (await client.answer(stream)).body == b"/%d" % n
    assert both.running.count("strangler_streams") == 1
    assert both.running.count("strangler_connections") == 1
    go_on.set()
    assert (await client.answer(streams[0])).body == b"/0"
