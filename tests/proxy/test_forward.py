"""The backend's side: which connections are used again. Broken answers are in ``tests/hostile/test_backends.py``."""

from __future__ import annotations

import asyncio

import pytest

from proxy.passage import Passage
from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, answering, eventually, get, ok


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


async def test_a_status_of_another_world_is_passed_on_and_counted(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(b"HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nno"))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    for _ in range(2):
        await client.send(get())
        assert (await client.read_answer())[::2] == (999, b"no")
    assert running.count("strangler_requests", status_class="5xx") == 2
    assert running.count("strangler_in_flight") == 0


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
