"""Mutated traffic on both sides of the wire: whatever comes, the live path stays in step with itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import httptools
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.proxy.conftest import Origins, Proxies, Proxy, to_legacy
from tests.proxy.wire import Client, OriginConnection, eventually, get, ok

REQUESTS = [
    get(b"/a"),
    get(b"/b", b"Connection: close"),
    get(b"/c", method=b"HEAD"),
    get(b"/ws", b"Connection: Upgrade", b"Upgrade: websocket"),
    b"GET /old HTTP/1.0\r\n\r\n",
    b"POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"POST /f HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
    b"PUT /g HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
]
ANSWERS = [
    ok(),
    ok(b"", b"Connection: close"),
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(b"after"),
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ok() + ok(b"surplus"),
]
SPICE = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b":",
    b"0",
    b"9",
    b"\xff",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
]


@st.composite
def mutated(draw: st.DrawFn, messages: list[bytes]) -> tuple[bytes, ...]:
    """Some messages in a row, a few of their bytes cut, replaced or added to, in one to three pieces."""
    data = b"".join(draw(st.lists(st.sampled_from(messages), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.sampled_from([b"", *SPICE])) + data[at + draw(st.integers(0, 3)) :]
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=2)))
    return tuple(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))


class Requests:
    """Counts what a parser takes for requests: no more answers than that may come."""

    def __init__(self, data: bytes) -> None:
        self.begun = 0
        parser = httptools.HttpRequestParser(self)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.begun += 2  # what follows is either dropped or framed anew
        except httptools.HttpParserError:
            pass

    def on_message_begin(self) -> None:
        self.begun += 1


class Answers:
    """Counts final answers as a client's parser sees them: a body may look like an answer and is none."""

    def __init__(self, data: bytes) -> None:
        self.final = 0
        self._parser = httptools.HttpResponseParser(self)
        with contextlib.suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self.final += self._parser.get_status_code() >= 200


async def exchange(running: Proxy, pieces: tuple[bytes, ...]) -> bytes:
    """Send, and read until the proxy closes or has nothing more to say."""
    client = await Client.connect(running.port)
    received = b""
    try:
        for piece in pieces:
            await client.send(piece)
            await asyncio.sleep(0)
        while data := await asyncio.wait_for(client.reader.read(2**16), 0.03):
            received += data
    except (ConnectionError, TimeoutError):
        pass
    await client.close()
    return received


async def came_to_rest(running: Proxy) -> None:
    live = running.live
    await eventually(lambda: not live.clients, "a client connection was left over")
    assert running.count("strangler_in_flight") == 0
    assert running.count("strangler_connections") == 0
    assert running.count("strangler_tunnels") == 0
    await eventually(lambda: not connecting(), "a task was left over")


def connecting() -> list[str]:
    return [name for task in asyncio.all_tasks() if (name := task.get_name()).startswith("connect ")]


async def check(running: Proxy, pieces: tuple[bytes, ...]) -> None:
    received = await exchange(running, pieces)
    # One more: bytes that begin no request are refused all the same.
    assert Answers(received).final <= Requests(b"".join(pieces)).begun + 1
    await came_to_rest(running)


@pytest.mark.parametrize("side", ["requests", "answers"])
async def test_mutated_traffic_leaves_nothing_behind(
    origin: Origins, proxy: Proxies, caplog: pytest.LogCaptureFixture, side: str
) -> None:
    answer: tuple[bytes, ...] = (ok(),)

    async def handler(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            for piece in answer:
                await connection.send(piece)
                await asyncio.sleep(0)
            if answer[-1].endswith((b"end", b"surplus")):
                break

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    cases: list[tuple[bytes, ...]] = []

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(mutated(REQUESTS if side == "requests" else ANSWERS))
    def collect(pieces: tuple[bytes, ...]) -> None:
        cases.append(pieces)

    collect()
    with caplog.at_level(logging.ERROR):
        for number, pieces in enumerate(cases):
            if side == "answers":
                answer = pieces
                pieces = (REQUESTS[number % len(REQUESTS)],)
            await check(running, pieces)
            assert not caplog.records, (pieces, caplog.text)
