"""The backend's side: broken and hostile answers, and which connections are used again."""

from __future__ import annotations

import asyncio

import pytest

from proxy.passage import Passage
from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, answering, eventually, get, ok

BROKEN = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello",
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown transfer coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
    "no HTTP at all": b"hello, this is not HTTP\r\n\r\n",
    "a control byte in a field": b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "a folded field": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a 101 that nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "endless hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100,
    "endless fields": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 300_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_answer_is_a_502_and_its_connection_is_dropped(
    origin: Origins, proxy: Proxies, name: str
) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(BROKEN[name] if connection.number == 0 else ok(b"fine"))
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    status, _, _ = await client.read_answer()
    while status == 103:
        status, _, _ = await client.read_answer()
    assert status == 502
    await client.send(get())
    assert (await client.read_answer())[2] == b"fine"
    assert len(backend.connections) == 2


async def test_surplus_bytes_never_reach_the_next_request(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(ok(b"first" if connection.number == 0 else b"second") + ok(b"evil!"))
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    for expected in (b"first", b"second"):
        await client.send(get())
        assert (await client.read_answer())[2] == expected
    assert len(backend.connections) == 2


async def test_bytes_on_an_idle_connection_close_it(origin: Origins, proxy: Proxies) -> None:
    speak = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(ok(b"%d" % connection.number))
        await speak.wait()
        if connection.number == 0:
            await connection.send(ok(b"evil!"))
        await connection.read_head()
        await connection.send(ok(b"again"))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert (await client.read_answer())[2] == b"0"
    speak.set()
    await eventually(backend.connections[0].reader.at_eof)
    await client.send(get())
    assert (await client.read_answer())[2] == b"1"


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", 1),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", 1),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 3),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 3),
    ],
)
async def test_a_connection_is_reused_when_the_backend_lets_us(
    origin: Origins, proxy: Proxies, answer: bytes, connections: int
) -> None:
    backend = await origin(always(answer))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for _ in range(3):
        await client.send(get())
        assert (await client.read_answer())[2] == b"ok"
    assert len(backend.connections) == connections


async def test_a_connection_whose_request_was_not_taken_whole_is_not_reused(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nnot all of it")
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 403 No\r\n")
    await eventually(backend.connections[0].reader.at_eof)


async def test_an_answer_may_come_in_single_bytes(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        for byte in ok(b"slow", b"X-A: b"):
            await connection.send(bytes([byte]))
            await asyncio.sleep(0)
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert await client.read_answer() == (200, b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 4\r\n\r\n", b"slow")


async def test_a_status_line_without_reason_is_fine(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert (await client.read_answer())[2] == b"ok"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 103 x\r\nContent-Length: 5\r\n\r\nhello" + ok(),
        b"HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + ok(),
    ],
)
async def test_an_interim_answer_has_no_body_and_a_real_status(origin: Origins, proxy: Proxies, answer: bytes) -> None:
    backend = await origin(answering(answer))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert (await client.read_answer())[0] == 502


async def test_a_status_of_another_world_is_passed_on_and_counted(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(b"HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nno"))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    for _ in range(2):
        await client.send(get())
        assert (await client.read_answer())[::2] == (999, b"no")
    assert running.count("strangler_requests", status_class="5xx") == 2
    assert running.count("strangler_in_flight") == 0


async def test_fields_of_a_surplus_answer_are_no_trailers(origin: Origins, proxy: Proxies) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
    backend = await origin(answering(chunked + ok(b"", b"X-Evil: 1")))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(b"/", b"Connection: close"))
    assert (await client.read_to_end()).endswith(b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")


async def test_an_answer_keeps_its_chunks_whatever_its_connection_names(origin: Origins, proxy: Proxies) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n"
    backend = await origin(answering(head + b"3\r\nabc\r\n0\r\n\r\n"))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert (await client.read_answer())[2] == b"abc"


async def test_a_connection_held_by_the_last_piece_of_an_answer_is_read_again(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some transports push back while they are written to, TLS for one."""
    whole = Passage.answer_body

    def answer_body(self: Passage, data: bytes) -> None:
        assert self.connection is not None
        self.connection.pause(True)
        whole(self, data)

    monkeypatch.setattr(Passage, "answer_body", answer_body)
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for _ in range(2):
        await client.send(get())
        assert (await client.read_answer())[2] == b"hello"
    assert len(backend.connections) == 1
