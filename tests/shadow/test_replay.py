"""Replaying against real servers on real sockets: whatever they do, the result is a value."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from proxy.model.decision import Skip
from proxy.model.message import Headers, RequestHead
from shadow.breaker import FAILURES
from shadow.copy import Copy, copy_of
from shadow.model import Answer
from shadow.replay import Failed, Failure, NotCompared, Replayer, Result

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def replayer() -> AsyncIterator[Replayer]:
    async with Replayer.open() as opened:
        yield opened


@contextlib.asynccontextmanager
async def server(handle: Handle) -> AsyncIterator[str]:
    """A server of raw bytes; its handlers end with it."""
    tasks = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await handle(reader, writer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def says(answer: bytes) -> Handle:
    """Reads one head and says ``answer``."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return handle


def copy(target: bytes = b"/", *, method: bytes = b"GET", headers: Headers | None = None, body: bytes = b"") -> Copy:
    return copy_of(RequestHead.from_headers(method, target, headers or [(b"Host", b"shop.example")]), body)


async def send(replayer: Replayer, url: str, request: Copy | None = None, **limits: Any) -> Result:
    return await replayer.send(
        request or copy(), (url,), timeout=limits.get("timeout", 5.0), max_answer=limits.get("max_answer", 100_000)
    )


async def test_the_request_arrives_byte_for_byte_with_the_mark_and_nothing_added(replayer: Replayer) -> None:
    heads = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    headers = [(b"hOST", b"shop.example"), (b"X-One", b"caf\xc3\xa9"), (b"x-one", b"2"), (b"Cookie", b"a=1; b=2")]
    async with server(handle) as url:
        for target in (b"/a%2f//b;c?d=%zz&e=+#f", b"/empty?", b"//double/../x", b"*"):
            result = await send(replayer, url, copy(target, headers=headers))
            assert isinstance(result, Answer)
            assert heads.pop() == (
                b"GET %b HTTP/1.1\r\nhOST: shop.example\r\nX-One: caf\xc3\xa9\r\nX-One: 2\r\nCookie: a=1; b=2\r\nX-Shadow: 1\r\n\r\n"
                % target
            )


async def test_a_body_goes_along_with_its_length(replayer: Replayer) -> None:
    requests = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        requests.append((head, await reader.readexactly(2_000_000)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async with server(handle) as url:
        result = await send(replayer, url, copy(method=b"POST", body=b"x" * 2_000_000))
    assert isinstance(result, Answer)
    assert b"Content-Length: 2000000\r\n" in requests[0][0]
    assert b"ontent-Type" not in requests[0][0]
    assert requests[0][1] == b"x" * 2_000_000


async def test_the_answer_keeps_its_bytes_its_coding_and_its_header_lines(replayer: Replayer) -> None:
    async with server(
        says(
            b"HTTP/1.1 200 OK\r\nx-A: caf\xe9\r\nX-a: 2\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )
    ) as url:
        result = await send(replayer, url)
    assert isinstance(result, Answer)
    assert (result.status, result.body) == (200, b"abc")
    assert result.headers[:2] == [(b"x-A", b"caf\xe9"), (b"X-a", b"2")]
    assert 0 < result.first_byte <= result.total


async def test_redirects_are_not_followed_and_cookies_are_not_kept(aiohttp_server: Any, replayer: Replayer) -> None:
    cookies = []

    async def handle(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        return web.Response(status=302, headers={"Location": "/elsewhere", "Set-Cookie": "sid=1"})

    app = web.Application()
    app.router.add_get("/", handle)
    origin = await aiohttp_server(app)
    for _ in range(2):
        result = await send(replayer, str(origin.make_url("")))
        assert isinstance(result, Answer)
        assert result.status == 302
    assert cookies == [None, None]


async def test_a_head_answer_has_a_length_and_no_body(replayer: Replayer) -> None:
    async with server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")) as url:
        result = await send(replayer, url, copy(method=b"HEAD"))
    assert isinstance(result, Answer)
    assert result.body == b""


async def test_a_refused_connection_is_an_error_of_the_backend(replayer: Replayer, unused_tcp_port: int) -> None:
    result = await send(replayer, f"http://127.0.0.1:{unused_tcp_port}")
    assert isinstance(result, Failed)
    assert result.failure is Failure.ERROR


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    ],
)
async def test_an_answer_that_is_none_or_not_whole_is_an_error_of_the_backend(
    replayer: Replayer, answer: bytes
) -> None:
    async with server(says(answer)) as url:
        result = await send(replayer, url)
    assert isinstance(result, Failed)
    assert result.failure is Failure.ERROR


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "it closed the connection before it had answered"),
        (b"cAn4ry Set-Cookie: s=cAn4ry\r\n\r\n", "its answer is no HTTP that can be read"),
        (b"HTTP/1.1 cAn4ry OK\r\n\r\n", "its answer is no HTTP that can be read"),
        (b"HTTP/1.1 200 OK\r\ncAn4ry\r\n\r\n", "its answer is no HTTP that can be read"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"cAn4ry" * 40_000 + b"\r\n\r\n", "its answer is no HTTP that can be read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: cAn4ry\r\n\r\n", "its answer is no HTTP that can be read"),
        (b"HTTP/1.1 200 OK\r\nSet-Cookie: s=cAn4ry", "it closed the connection before it had answered"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncAn4ry", "its answer's body is cut short or framed wrongly"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncAn4ry\r\n",
            "its answer is no HTTP that can be read",
        ),
    ],
)
async def test_of_an_answer_that_cannot_be_read_no_byte_is_quoted(
    replayer: Replayer, answer: bytes, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with server(says(answer)) as url:
        result = await send(replayer, url)
    assert isinstance(result, Failed)
    assert result.detail == told
    assert "cAn4ry" not in caplog.text


async def test_the_deadline_is_for_the_whole_answer_however_it_drips(replayer: Replayer) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    for handle in (hang, drip):
        async with server(handle) as url:
            result = await send(replayer, url, timeout=0.1)
        assert isinstance(result, Failed)
        assert result.failure is Failure.TIMEOUT


async def test_a_deadline_that_the_shadow_worker_sees_late_says_nothing_about_the_backend() -> None:
    now = 0.0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now
        await reader.readuntil(b"\r\n\r\n")
        now += 0.7  # as if something had kept the loop
        await asyncio.sleep(60)

    async with Replayer.open(lambda: now) as replayer, server(hang) as url:
        results = [await send(replayer, url, timeout=0.1) for _ in range(FAILURES + 1)]
    assert [result.skip for result in results if isinstance(result, NotCompared)] == [Skip.SHADOW_BUSY] * (FAILURES + 1)


async def test_of_a_huge_answer_no_more_is_read_than_the_cap(replayer: Replayer) -> None:
    written = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1600):
            writer.write(b"x" * 65536)
            await writer.drain()
            written += 65536

    async with server(handle) as url:
        result = await send(replayer, url)
    assert isinstance(result, NotCompared)
    assert result.skip is Skip.ANSWER_TOO_LARGE
    assert written < 20_000_000

    async with server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")) as url:
        result = await send(replayer, url)
    assert isinstance(result, NotCompared)
    assert result.skip is Skip.ANSWER_TOO_LARGE


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"POST"])
async def test_a_copy_reaches_the_backend_at_most_once_also_on_a_kept_connection_that_dies(
    replayer: Replayer, method: bytes
) -> None:
    requests = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        while True:
            await reader.readuntil(b"\r\n\r\n")
            requests += 1
            if requests == 2:
                return  # close without a byte, as a server does that has just given up an idle connection
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with server(handle) as url:
        assert isinstance(await send(replayer, url), Answer)
        result = await send(replayer, url, copy(method=method))
        assert requests == 2
        assert result == NotCompared(
            Skip.CONNECTION_DEAD, "a kept connection turned out dead before the first byte of an answer"
        )
        assert isinstance(await send(replayer, url), Answer)
    assert requests == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 600 + b"\r\n",
    ],
)
async def test_an_answer_that_cannot_be_read_is_an_error_of_the_backend_on_a_kept_connection_too(
    replayer: Replayer, answer: bytes
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with server(handle) as url:
        assert isinstance(await send(replayer, url), Answer)
        result = await send(replayer, url)
    assert isinstance(result, Failed)
    assert result.failure is Failure.ERROR


async def test_a_backend_that_fails_in_a_row_is_left_alone_and_others_are_not(
    replayer: Replayer, unused_tcp_port: int
) -> None:
    dead = f"http://127.0.0.1:{unused_tcp_port}"
    for _ in range(FAILURES):
        assert isinstance(await send(replayer, dead), Failed)
    result = await send(replayer, dead)
    assert isinstance(result, NotCompared)
    assert result.skip is Skip.BREAKER_OPEN
    async with server(says(b"HTTP/1.1 204 No Content\r\n\r\n")) as url:
        assert isinstance(await send(replayer, url), Answer)


async def test_several_addresses_are_asked_in_turn(replayer: Replayer) -> None:
    async with (
        server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")) as one,
        server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb")) as two,
    ):
        results = [await replayer.send(copy(), (one, two), timeout=5, max_answer=100) for _ in range(4)]
    assert sorted(result.body for result in results if isinstance(result, Answer)) == [b"a", b"a", b"b", b"b"]
