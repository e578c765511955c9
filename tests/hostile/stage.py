"""The proxy between a hostile client and two backends that write down what they are sent, and the oracles for every input:

1. the statuses are those expected, and no more answers come than there are legal requests;
2. neither backend sees a request that the client did not legally send, nor any byte of one that is refused;
3. the connection is closed after a refusal;
4. a clean request on a fresh connection is answered right after;
5. memory and the CPU time of one turn of the loop stay within bounds;
6. nothing of the input comes back in an answer, and no control byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httptools
import pytest

from tests.machine import patience
from tests.proxy.conftest import Origins, Proxies, Proxy
from tests.proxy.wire import Client, OriginConnection, eventually, get, ok

MAX_GROWTH = 24 * 2**20
MAX_TURN = 0.5
"""Bytes of memory, and seconds of CPU time within one turn of the loop, that any input of these tables may cost."""

TABLE = """version: 1
backends:
  legacy: {{ url: 'http://127.0.0.1:{legacy}' }}
  new: {{ url: 'http://127.0.0.1:{new}' }}
routes:
  - {{ name: shared, match: {{ path: /** }}, sticky: false, split: {{ legacy: 1, new: 1 }} }}
{more}"""


@dataclass
class Seen:
    """One request as a backend's parser reads it."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    @property
    def line(self) -> bytes:
        """``POST /x hello``: method, target and, if there is one, body."""
        return b" ".join(filter(None, (self.method, self.target, self.body)))

    def lines(self) -> list[bytes]:
        return [name + b": " + value for name, value in self.headers]


class Recorder:
    """The parser of one connection to a backend."""

    def __init__(self, seen: list[Seen]) -> None:
        self._seen = seen
        self.finished = 0
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self._seen.append(Seen(b"", b""))

    def on_url(self, part: bytes) -> None:
        self._seen[-1].target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self._seen[-1].headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._seen[-1].method = self.parser.get_method()

    def on_body(self, part: bytes) -> None:
        self._seen[-1].body += part

    def on_message_complete(self) -> None:
        self._seen[-1].complete = True
        self.finished += 1


class Stage:
    """``seen`` is what both backends were sent, whole or not, in the order in which it began; ``raw`` every byte of it."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.raw = b""
        self.proxy: Proxy

    async def backend(self, connection: OriginConnection) -> None:
        recorder = Recorder(self.seen)
        while data := await connection.reader.read(2**16):
            self.raw += data
            with contextlib.suppress(httptools.HttpParserUpgrade):
                recorder.parser.feed_data(data)
            while recorder.finished:
                recorder.finished -= 1
                is_head = self.seen[-1].method == b"HEAD"
                await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" if is_head else ok(b"fine"))

    @property
    def lines(self) -> list[bytes]:
        return [seen.line for seen in self.seen if seen.complete]

    async def send(self, sent: bytes) -> Client:
        client = await self.proxy.connect()
        client.writer.write(sent)
        return client


async def read_all(client: Client) -> bytes:
    """Until the proxy closes; what is still to be sent then is dropped."""
    received = await client.read_to_end()
    client.writer.transport.abort()
    return received


class Statuses:
    """The final statuses of what came back, as a client's parser sees them, and whether the last one is whole."""

    def __init__(self, received: bytes) -> None:
        self.final: list[int] = []
        self.whole = True
        self._parser = httptools.HttpResponseParser(self)
        self._parser.feed_data(received)

    def on_message_begin(self) -> None:
        self.whole = False

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self.final.append(self._parser.get_status_code())

    def on_message_complete(self) -> None:
        self.whole = True


def case(name: str, ids: str, *values: Any) -> Any:
    """A row of a table: name, the rows of http-promises.md that it proves, and what the test takes."""
    return pytest.param(*values, id=name, marks=pytest.mark.promise(*ids.split()))


# Oracles.


async def is_refused(stage: Stage, sent: bytes, status: int, *, answered: int = 0, begun: bool = False) -> None:
    """``sent`` gets ``status`` and a closed connection, behind ``answered`` good answers. ``begun``: the request's head was fine, so a
    backend may have seen the beginning, never the end."""
    client = await stage.send(sent + get(b"/smuggled"))
    received = await read_all(client)
    statuses = Statuses(received)
    assert statuses.final == [200] * answered + [status]
    assert statuses.whole
    last = received[received.rindex(b"HTTP/1.1 %d " % status) :]
    assert b"\r\nConnection: close\r\n" in last
    head, _, body = last.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["request_id"]
    nothing_is_echoed(sent, last)
    assert len(stage.lines) == answered
    if not begun:
        assert stage.raw.count(b"HTTP/1.1\r\n") == answered
    assert b"smuggled" not in stage.raw
    assert stage.proxy.count("strangler_refused") == 1
    await is_clean(stage)


async def passes(stage: Stage, sent: bytes, *lines: bytes) -> list[Seen]:
    """``sent`` is answered, reaches a backend as ``lines`` say, and leaves the connection in step."""
    client = await stage.send(sent)
    for number in range(len(lines)):
        is_head = lines[number].startswith(b"HEAD ")
        if is_head:
            assert (await client.read_head()).startswith(b"HTTP/1.1 200 ")
        else:
            assert (await client.read_answer())[0] == 200, number
    assert stage.lines == list(lines)
    await client.send(get(b"/behind"))
    assert (await client.read_answer())[0] == 200
    assert stage.lines == [*lines, b"GET /behind"]
    assert stage.proxy.count("strangler_refused") == 0
    await is_clean(stage)
    return stage.seen


async def is_clean(stage: Stage) -> None:
    client = await stage.send(get(b"/clean"))
    assert (await client.read_answer())[::2] == (200, b"fine")
    assert stage.lines[-1] == b"GET /clean"
    await client.close()
    await eventually(lambda: stage.proxy.count("strangler_in_flight") == 0)


_OURS = {
    b"100-continue",
    b"content-length",
    b"transfer-encoding",
    b"connection",
    b"http/1.1",
    b"http/1.0",
    b"content-type",
    b"x-forwarded-for",
}
"""Names that a refusal may use in its explanation."""


def nothing_is_echoed(sent: bytes, answer: bytes) -> None:
    assert not re.search(rb"[^\x20-\x7e\r\n]", answer), answer
    assert b"\r" not in answer.replace(b"\r\n", b"")
    for piece in re.findall(rb"[^\r\n\0 :]{8,}", sent):
        assert piece.lower() in _OURS or piece not in answer, piece


# Bounds.


def memory() -> int:
    """Bytes that the process holds now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Bounds:
    """CPU time of the longest turn of the loop, so that what others do on the machine counts nothing, and memory at its peak."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._at_first = memory()
        self.growth = 0

    async def watch(self) -> None:
        before = time.process_time()
        while True:
            await asyncio.sleep(0.005)
            now = time.process_time()
            self.longest = max(self.longest, now - before)
            self.growth = max(self.growth, memory() - self._at_first)
            before = now


@contextlib.asynccontextmanager
async def within_bounds(*, growth: int = MAX_GROWTH, turn: float = MAX_TURN) -> AsyncIterator[None]:
    bounds = Bounds()
    watching = asyncio.create_task(bounds.watch())
    try:
        yield
    finally:
        watching.cancel()
    assert bounds.growth < growth
    assert bounds.longest < turn or bounds.longest < patience(turn)


@contextlib.asynccontextmanager
async def staged(origin: Origins, proxy: Proxies, more: str = "") -> AsyncIterator[Stage]:
    new = Stage()
    legacy, other = await origin(new.backend), await origin(new.backend)
    new.proxy = await proxy(TABLE.format(legacy=legacy.port, new=other.port, more=more))
    async with within_bounds():
        yield new
