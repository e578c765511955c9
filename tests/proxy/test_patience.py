"""Whose fault silence is, and that waiting ends."""

from __future__ import annotations

import asyncio
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


async def test_a_body_that_stops_coming_is_the_clients_fault(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(silent)
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { idle: 100ms } }\n"))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 408 ")
    assert running.count("strangler_backend_failures") == 0
    assert running.count("strangler_refused", reason="slow_body") == 1
    assert running.count("strangler_in_flight") == 0


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
