"""Upgraded connections: a byte tunnel after a real 101, and nothing else before it."""

from __future__ import annotations

import asyncio

from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, eventually, get, ok

SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
)
UPGRADE = get(b"/chat", b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: k")


async def test_after_a_101_bytes_flow_both_ways_untouched(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(SWITCH + b"\x81\x02hi")
        while data := await connection.reader.read(100):
            await connection.send(data[::-1])

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(UPGRADE)
    head = await client.read_head()
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Upgrade: WebSocket\r\n" in head
    assert b"Connection: Upgrade\r\nUpgrade: websocket\r\n" in backend.heads[0]
    assert await client.read_exactly(4) == b"\x81\x02hi"
    await client.send(b"\x00\xffGET / HTTP/1.1\r\n\r\n")
    assert await client.read_exactly(20) == b"\x00\xffGET / HTTP/1.1\r\n\r\n"[::-1]
    assert running.count("strangler_tunnels") == 1
    await client.close()
    await eventually(lambda: running.count("strangler_tunnels") == 0)
    assert running.count("strangler_in_flight") == 0


async def test_bytes_sent_before_the_101_are_delivered_after_it(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(SWITCH)
        await connection.send(await connection.read_exactly(5))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(UPGRADE + b"early")
    await client.read_head()
    assert await client.read_exactly(5) == b"early"


async def test_a_refused_upgrade_is_a_plain_answer_and_early_bytes_are_dropped(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: h3\r\nContent-Length: 2\r\n\r\nno")
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(UPGRADE + get(b"/smuggled"))
    received = await client.read_to_end()
    assert received.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert received.endswith(b"\r\n\r\nno")
    assert len(backend.heads) == 1


async def test_another_protocol_than_the_one_asked_for_is_a_502(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n")
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(UPGRADE)
    assert (await client.read_head()).startswith(b"HTTP/1.1 502 ")


async def test_a_half_closed_tunnel_keeps_the_other_direction(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(SWITCH)
        everything = await connection.reader.read()
        await connection.send(b"%d bytes" % len(everything))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(UPGRADE)
    await client.read_head()
    await client.send(bytes(1000))
    client.writer.write_eof()
    assert await client.read_to_end() == b"1000 bytes"


async def test_a_tunnel_pushes_back(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(SWITCH)
        for _ in range(256):
            await connection.send(bytes(65536))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(UPGRADE)
    await client.read_head()
    await asyncio.sleep(0.1)
    assert len(await client.read_to_end()) == 2**24


async def test_an_upgrade_that_is_answered_plainly_closes_only_its_own_connection(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(UPGRADE)
    assert (await client.read_to_end()).endswith(b"Connection: close\r\n\r\nhello")
    fresh = await running.connect()
    await fresh.send(get())
    assert (await fresh.read_answer())[2] == b"hello"


async def test_an_upgrade_that_reaches_nobody_is_a_502_and_ends_the_connection(
    proxy: Proxies, unused_port: int
) -> None:
    client = await (await proxy(to_legacy(unused_port))).connect()
    await client.send(UPGRADE + b"early")
    received = await client.read_to_end()
    assert received.startswith(b"HTTP/1.1 502 ")
    assert b"Connection: close\r\n" in received
