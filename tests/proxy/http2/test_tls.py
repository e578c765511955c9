"""HTTP/2 by TLS, agreed on by ALPN, as browsers speak it."""

from __future__ import annotations

import asyncio

import pytest
from h2.errors import ErrorCodes

from proxy.http2.connection import MAX_QUEUED
from proxy.http2.framing import LAST_STREAM
from tests.proxy.certificates import client_context
from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.test_connection import ONE_READ, http2_connections
from tests.proxy.http2.wire import Http2Client, request
from tests.proxy.listen.test_doorway import ONE, Entrance, Entrances, entrance
from tests.proxy.wire import OriginConnection, always, eventually, ok

__all__ = ["entrance"]


async def connect(made: Entrance) -> Http2Client:
    context = client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = await made.connect(context)
    assert plain.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    client = Http2Client(plain.reader, plain.writer)
    client.h2.initiate_connection()
    await client.flush()
    return client


async def test_a_client_that_agrees_on_h2_gets_it(origin: Origins, entrance: Entrances) -> None:
    backend = await origin(always(ok()))
    made = await entrance(to_legacy(backend.port), ONE, http2=True)
    client = await connect(made)
    streams = [await client.send(request(b"/%d" % n)) for n in range(20)]
    for stream in streams:
        assert (await client.answer(stream)).body == b"hello"
    assert all(b"\r\nX-Forwarded-Proto: https\r\n" in head for head in backend.heads)
    assert made.proxy.count("strangler_connections") == 1


async def test_a_cut_answer_is_visibly_cut(origin: Origins, entrance: Entrances) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")

    backend = await origin(handler)
    client = await connect(await entrance(to_legacy(backend.port), ONE, http2=True))
    answer = await client.ask(request())
    assert (answer.body, answer.ended, answer.reset) == (b"hello", False, ErrorCodes.INTERNAL_ERROR)


@pytest.mark.parametrize("holds", [False, True])
async def test_large_answers_wait_for_their_client(origin: Origins, entrance: Entrances, holds: bool) -> None:
    size = 5_000_000
    backend = await origin(always(ok(bytes(size))))
    made = await entrance(to_legacy(backend.port), ONE, http2=True)
    client = await connect(made)
    client.holds = holds
    streams = [await client.send(request()) for _ in range(5)]
    if holds:
        await client.until(lambda: sum(len(answer.body) for answer in client.answers.values()) == 65535)
        (connection,) = http2_connections(made.proxy.live)
        assert connection.queued <= MAX_QUEUED + 5 * ONE_READ
        client.holds = False
        client.h2.increment_flow_control_window(2**30)
        for stream in streams:
            client.h2.increment_flow_control_window(2**30, stream)
        await client.flush()
    for stream in streams:
        assert len((await client.answer(stream)).body) == size


async def test_a_drain_ends_the_connection(origin: Origins, entrance: Entrances) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await go_on.wait()
        await connection.send(ok())

    backend = await origin(handler)
    made = await entrance(to_legacy(backend.port), ONE, http2=True)
    client = await connect(made)
    stream = await client.send(request())
    await eventually(lambda: backend.heads)
    made.proxy.live.drain()
    await client.until(lambda: len(client.goaways) == 2)
    go_on.set()
    assert (await client.answer(stream)).body == b"hello"
    await client.end()
    assert client.goaways == [(ErrorCodes.NO_ERROR, LAST_STREAM), (ErrorCodes.NO_ERROR, stream)]
    await asyncio.wait_for(made.proxy.live.emptied.wait(), 5.0)
