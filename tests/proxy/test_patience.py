"""Whose fault silence is, and that waiting ends."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import pytest

from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, to_legacy
from tests.proxy.wire import Client, OriginConnection, always, answering, eventually, get, ok


def stop_reading(client: Client) -> None:
    transport: Any = client.writer.transport  # a stream's transport reads too, whatever its type says
    transport.pause_reading()


async def silent(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.reader.read()


@pytest.mark.promise("C4")
async def test_a_body_that_stops_coming_is_the_clients_fault(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(silent)
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { idle: 100ms } }\n"))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 408 ")
    assert running.count("strangler_backend_failures") == 0
    assert running.count("strangler_refused", reason="slow_body") == 1
    assert running.count("strangler_in_flight") == 0


@pytest.mark.promise("C5")
async def test_a_client_that_stops_reading_is_let_go_and_no_backend_blamed(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n")
        for _ in range(512):
            await connection.send(bytes(65536))

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { idle: 200ms } }\n"))
    client = await running.connect()
    stop_reading(client)
    await client.send(get())
    await eventually(lambda: running.access_log.lines)
    assert running.access_log.lines[0][6] == 499
    assert running.count("strangler_backend_failures") == 0
    await eventually(lambda: not running.live.clients)


async def test_an_http_1_0_answer_cut_short_ends_with_an_error(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    await client.read_head()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(client.reader.read(), 5.0)


async def test_http_1_0_without_host_gets_one_towards_the_backend(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    await client.read_to_end()
    assert b"\r\nHost: 127.0.0.1:%d\r\n" % backend.port in backend.heads[0]
    assert b"X-Forwarded-Host" not in backend.heads[0]


async def test_a_fallback_survives_a_reload_that_removes_its_backend(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    table = """version: 1
backends:
  legacy: {{ url: 'http://127.0.0.1:{legacy}' }}
  orders: {{ url: 'http://127.0.0.1:{orders}', timeouts: {{ first_byte: 300ms }} }}
  spare: {{ url: 'http://127.0.0.1:{spare}' }}
routes:
  - {{ name: orders, match: {{ path: /orders/** }}, backend: orders, fallback: spare }}
"""
    orders, spare = await origin(silent), await origin(always(ok(b"spare")))
    running = await proxy(table.format(legacy=unused_port, orders=orders.port, spare=spare.port))
    client = await running.connect()
    await client.send(get(b"/orders/1"))
    await eventually(lambda: orders.heads)
    running.live.use(Routing(load_table(to_legacy(unused_port)), SECRET))
    assert (await client.read_answer())[2] == b"spare"
    assert running.count("strangler_in_flight") == 0


@pytest.mark.promise("C5", "C8")
async def test_answers_nobody_reads_do_not_pile_up(origin: Origins, proxy: Proxies) -> None:
    """A client that sends requests and never reads: neither the next answer nor the next request is taken."""
    answer = ok(bytes(200_000))
    backend = await origin(always(answer))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    stop_reading(client)
    client.writer.write(get() * 400)
    taken = -1
    while taken != len(backend.heads):
        taken = len(backend.heads)
        await asyncio.sleep(0.3)
    assert taken < 200
    (connection,) = running.live.clients
    assert connection.transport.get_write_buffer_size() < 2 * 2**20


@pytest.mark.alone
@pytest.mark.promise("C6")
async def test_a_client_that_leaves_costs_its_backend_less_than_a_second(origin: Origins, proxy: Proxies) -> None:
    """Closing looks like ending one's side; the client's machine answers the first bytes with a reset, but there are none."""
    backend = await origin(silent)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await eventually(lambda: backend.heads)
    left_at = running.live.loop.time()
    await client.close()
    await eventually(backend.connections[0].ended)
    assert running.live.loop.time() - left_at < 1.0
    assert running.access_log.lines[0][6] == 499
    assert running.count("strangler_backend_failures") == 0
    await eventually(lambda: not running.live.clients)


@pytest.mark.alone
@pytest.mark.promise("C6")
async def test_a_client_that_leaves_in_the_middle_of_an_answer_frees_its_backend(
    origin: Origins, proxy: Proxies
) -> None:
    async def endless(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await connection.send(bytes(65536))

    backend = await origin(endless)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await client.read_head()
    left_at = running.live.loop.time()
    await client.close()
    await eventually(backend.connections[0].ended)
    assert running.live.loop.time() - left_at < 1.0
    await eventually(lambda: running.count("strangler_in_flight") == 0)
    assert running.count("strangler_backend_failures") == 0


async def test_a_client_that_ends_its_side_still_gets_its_answers(origin: Origins, proxy: Proxies) -> None:
    """As ``printf ... | nc -N`` does."""

    async def handler(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await asyncio.sleep(0.05)
            await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await asyncio.sleep(0.05)
            await connection.send(b"0\r\n\r\n")

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get() * 3 + b"GET /half")
    client.writer.write_eof()
    received = await client.read_to_end()
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert received.endswith(b"3\r\nabc\r\n0\r\n\r\n")
    assert [line[6] for line in running.access_log.lines] == [200, 200, 200]
    await eventually(lambda: not running.live.clients)


async def test_a_client_that_ends_its_side_may_read_slowly(origin: Origins, proxy: Proxies) -> None:
    size = 16 * 2**20
    backend = await origin(answering(ok(bytes(size))))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    client.writer.write_eof()
    await client.read_head()
    stop_reading(client)
    then = running.live.loop.time() + 1.2
    await eventually(lambda: running.live.loop.time() > then)
    transport: Any = client.writer.transport
    transport.resume_reading()
    assert len(await client.read_to_end()) == size


@pytest.mark.promise("B43")
async def test_a_request_that_ends_with_its_connection_is_aborted_towards_the_backend(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(silent)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    await eventually(lambda: backend.heads)
    client.writer.write_eof()
    await client.read_to_end()
    await eventually(backend.connections[0].ended)
    assert running.access_log.lines[0][6] == 499


@pytest.mark.alone
@pytest.mark.promise("C6")
@pytest.mark.parametrize("how", ["closes", "resets"])
async def test_a_client_that_leaves_while_it_is_not_read_frees_its_backend(
    origin: Origins, proxy: Proxies, how: str
) -> None:
    """Behind the request that is answered wait others, so nothing more is read, not even the end of the connection."""
    backend = await origin(silent)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get() * 3)
    await eventually(lambda: backend.heads and not next(iter(running.live.clients)).transport.is_reading())
    left_at = running.live.loop.time()
    if how == "resets":
        client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()
    await eventually(backend.connections[0].ended)
    assert running.live.loop.time() - left_at < 1.2
    await eventually(lambda: not running.live.clients)
    assert not running.live.held
    assert [line[6] for line in running.access_log.lines] == [499]
    assert running.count("strangler_backend_failures") == 0


@pytest.mark.promise("C6")
async def test_a_client_that_leaves_in_an_upload_that_nobody_takes_frees_its_backend(
    origin: Origins, proxy: Proxies
) -> None:
    async def stalls(connection: OriginConnection) -> None:
        await connection.read_head()
        await asyncio.sleep(3600)

    backend = await origin(stalls)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    client.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n" + bytes(2**26))
    await eventually(lambda: [c for c in running.live.clients if c.held_by_backend()])
    client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()
    await eventually(lambda: not running.live.clients)
    assert [line[6] for line in running.access_log.lines] == [499]
    assert running.count("strangler_backend_failures") == 0
