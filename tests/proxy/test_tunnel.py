"""Upgraded connections: a byte tunnel after a real 101, and nothing else before it."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, eventually, get, ok

SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
)
UPGRADE = get(b"/chat", b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: k")


@pytest.mark.promise("C10")
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


@pytest.mark.promise("B57")
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


@pytest.mark.promise("B57")
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


@pytest.mark.promise("B55", "U11")
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


@pytest.mark.promise("C10")
@pytest.mark.parametrize("towards", ["client", "backend"])
async def test_a_tunnel_pushes_back(origin: Origins, proxy: Proxies, towards: str) -> None:
    """Who does not read holds the other side: what waits in between stays small, and arrives whole later."""
    size = 2**25
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(SWITCH)
        if towards == "client":
            await connection.send(bytes(size))
        else:
            await go_on.wait()
            await connection.read_exactly(size)
            await connection.send(b"got all")
        await connection.reader.read()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(UPGRADE)
    await client.read_head()
    (connection,) = running.live.clients
    assert connection.tunnel is not None
    if towards == "client":
        await eventually(lambda: connection.blocked)
        assert connection.transport.get_write_buffer_size() < 2**20
        assert len(await client.read_exactly(size)) == size
    else:
        sending = asyncio.create_task(client.send(bytes(size)))
        await eventually(lambda: not connection.transport.is_reading())
        go_on.set()
        assert await client.read_exactly(7) == b"got all"
        await sending


IDLE = "defaults: { timeouts: { tunnel: 300ms } }\n"


async def echo(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.send(SWITCH)
    while data := await connection.reader.read(2**16):
        await connection.send(data)


async def test_an_idle_tunnel_is_closed_towards_both_sides(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(echo)
    running = await proxy(to_legacy(backend.port, IDLE))
    client = await running.connect()
    await client.send(UPGRADE)
    await client.read_head()
    opened_at = running.live.loop.time()
    while running.live.loop.time() - opened_at < 0.6:
        await client.send(b"ping")
        assert await client.read_exactly(4) == b"ping"
        await asyncio.sleep(0.02)
    assert await client.read_to_end() == b""
    await eventually(backend.connections[0].ended)
    assert running.count("strangler_tunnels_ended", reason="idle") == 1
    assert running.count("strangler_tunnels") == 0


async def test_tunnels_survive_a_table_that_lacks_their_backend(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    backend = await origin(echo)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(UPGRADE)
    await client.read_head()
    running.live.use(Routing(load_table(to_legacy(unused_port)), SECRET))
    for _ in range(3):
        await client.send(b"still here")
        assert await client.read_exactly(10) == b"still here"
    await client.close()
    await eventually(lambda: running.count("strangler_tunnels_ended", reason="client") == 1)


async def test_a_drain_lets_tunnels_go_on_until_it_is_over(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(echo)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(UPGRADE)
    await client.read_head()
    running.live.drain()
    await client.send(b"still here")
    assert await client.read_exactly(10) == b"still here"
    assert not running.live.emptied.is_set()
    running.live.cut()
    assert await client.read_to_end() == b""
    await eventually(backend.connections[0].ended)
    await eventually(running.live.emptied.is_set)
    assert running.count("strangler_tunnels_ended", reason="drained") == 1


@pytest.mark.parametrize("end", ["closes", "resets"])
async def test_a_backend_that_ends_a_tunnel_ends_it_for_the_client(origin: Origins, proxy: Proxies, end: str) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(SWITCH + b"bye")
        if end == "resets":
            await connection.read_exactly(2)
            connection.reset()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(UPGRADE + b"ok")
    await client.read_head()
    assert await client.read_to_end() == b"bye"
    await client.close()
    await eventually(lambda: running.count("strangler_tunnels") == 0)
    assert running.count("strangler_backend_failures") == 0


@pytest.mark.promise("B52", "C10")
@pytest.mark.parametrize("framing", [b"Content-Length: %d", b"Transfer-Encoding: chunked"])
async def test_a_body_of_an_upgrade_request_stays_a_body(origin: Origins, proxy: Proxies, framing: bytes) -> None:
    smuggled = get(b"/admin")
    body = smuggled if b"%d" in framing else b"%x\r\n%b\r\n0\r\n\r\n" % (len(smuggled), smuggled)
    framing = framing % len(smuggled) if b"%d" in framing else framing

    async def handler(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await connection.read_exactly(len(body) if len(connection.heads) == 1 else 0)
            await connection.send(ok(b"%d" % len(connection.heads)))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(b"/chat", b"Connection: Upgrade", b"Upgrade: websocket", framing) + body + get(b"/second"))
    assert (await client.read_answer())[2] == b"1"
    assert (await client.read_answer())[2] == b"2"
    assert [head.split(b" ")[1] for head in backend.heads] == [b"/chat", b"/second"]
    assert b"Upgrade" not in backend.heads[0]


@pytest.mark.promise("B53", "B57", "C10")
async def test_a_declined_upgrade_makes_no_tunnel_and_what_followed_it_is_dropped(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok(b"plain")))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get(b"/", b"Connection: Upgrade", b"Upgrade: foo") + get(b"/smuggled"))
    received = await client.read_to_end()
    assert received.count(b"HTTP/1.1 ") == 1
    assert received.endswith(b"\r\n\r\nplain")
    assert [head.split(b" ")[1] for head in backend.heads] == [b"/"]
    assert running.count("strangler_tunnels_ended") == 0


@pytest.mark.promise("B54", "C10")
async def test_a_426_tells_the_client_what_to_upgrade_to(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(
        always(
            b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nContent-Length: 2\r\n\r\nno"
        )
    )
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(UPGRADE.replace(b"Key: k", b"Version: 7"))
    status, head, body = await client.read_answer()
    assert (status, body) == (426, b"no")
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in head
    assert b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" in head


@pytest.mark.promise("B56")
@pytest.mark.parametrize(
    ("offered", "passed"),
    [
        (b"h2c", None),
        (b"H2C", None),
        (b"h2c, h2", None),
        (b"TLS/1.3", None),
        (b"HTTP/2.0", None),
        (b"h2c, websocket", b"websocket"),
        (b"websocket, h2c", b"websocket"),
        (b"SPDY/3.1, websocket", b"SPDY/3.1"),
        (b",, tcp", b"tcp"),
        (b", ", None),
    ],
)
async def test_http_in_disguise_is_never_passed_on(
    origin: Origins, proxy: Proxies, offered: bytes, passed: bytes | None
) -> None:
    backend = await origin(always(ok(b"plain")))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(
        get(b"/", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: " + offered, b"HTTP2-Settings: AAMAAABk")
    )
    assert (await client.read_answer())[::2] == (200, b"plain")
    (head,) = backend.heads
    assert b"HTTP2-Settings" not in head
    lines = b"Connection: Upgrade\r\nUpgrade: %b\r\n" % passed if passed else b""
    assert head.partition(b"Via: ")[2].partition(b"X-Request-Id")[2].partition(b"\r\n")[2] == lines + b"\r\n"


@pytest.mark.promise("B56")
async def test_offers_on_several_lines_are_one_list(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok(b"plain")))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(b"/", b"Connection: Upgrade", b"Upgrade: websocket", b"Upgrade: h2c"))
    await client.read_answer()
    assert backend.heads[0].endswith(b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")


@pytest.mark.promise("B58")
@pytest.mark.parametrize(
    "request_",
    [
        get(b"/", b"Upgrade: websocket"),
        get(b"/", b"Connection: keep-alive", b"Upgrade: websocket"),
        b"GET / HTTP/1.0\r\nHost: x\r\nConnection: Upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n",
        get(b"/", b"Connection: Upgrade", b"Upgrade: websocket", method=b"POST"),
        get(b"/", b"Connection: Upgrade"),
    ],
)
async def test_an_upgrade_that_is_not_asked_for_properly_is_a_plain_request(
    origin: Origins, proxy: Proxies, request_: bytes
) -> None:
    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            await connection.send(SWITCH if b"Upgrade" in head else ok(b"plain"))

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    for _ in range(2):
        await client.send(request_)
        assert (await client.read_answer())[::2] == (200, b"plain")
    assert running.count("strangler_tunnels_ended") == 0


@pytest.mark.promise("C6")
async def test_a_client_that_leaves_a_tunnel_whose_backend_stalls_is_noticed(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.live_path.PACE_SECONDS", 0.1)

    async def stalls(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(SWITCH)
        await asyncio.sleep(3600)

    backend = await origin(stalls)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(UPGRADE)
    await client.read_head()
    (connection,) = running.live.clients
    client.writer.write(bytes(2**26))
    await eventually(lambda: not connection.transport.is_reading())
    reset = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time
    client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    client.writer.transport.abort()
    await eventually(lambda: running.count("strangler_tunnels_ended", reason="client") == 1)
    await eventually(lambda: not running.live.clients)
