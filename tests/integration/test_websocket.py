"""A real WebSocket, client and server of aiohttp, through the proxy: messages, compression and close codes as without it."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.integration.test_faults import instance, until
from tests.proxy.wire import Client, Origin, OriginConnection, always, eventually, get

pytestmark = pytest.mark.heavy

TABLE = "version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{port}' }}\n"


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=("chat",))
    await socket.prepare(request)
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            if message.data == "close":
                await socket.close(code=4711, message=b"as asked")
            else:
                await socket.send_str(message.data.upper())
        elif message.type is aiohttp.WSMsgType.BINARY:
            await socket.send_bytes(message.data[::-1])
    return socket


async def test_a_websocket_works_as_without_the_proxy(tmp_path: Path) -> None:
    app = web.Application()
    app.router.add_get("/chat", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with (
            instance(tmp_path, TABLE.format(port=port)) as running,
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{running.url}/chat", protocols=("chat",), compress=15) as socket,
        ):
            assert socket.protocol == "chat"
            assert socket.compress
            await socket.send_str("hello " * 1000)
            assert await socket.receive_str(timeout=10) == "HELLO " * 1000
            await socket.send_bytes(bytes(range(256)) * 4096)
            assert await socket.receive_bytes(timeout=10) == (bytes(range(256)) * 4096)[::-1]
            await socket.send_str("close")
            message = await asyncio.wait_for(socket.receive(), 10)
            assert (message.type, message.data, message.extra) == (aiohttp.WSMsgType.CLOSE, 4711, "as asked")
    finally:
        await runner.cleanup()


SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


async def echoes(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.send(SWITCH)
    while data := await connection.reader.read(2**16):
        await connection.send(data)


async def test_a_tunnel_survives_a_reload_and_lives_until_the_grace_of_a_shutdown_is_over(tmp_path: Path) -> None:
    async with (
        Origin(echoes) as backend,
        Origin(always(b"")) as other,
        instance(tmp_path, TABLE.format(port=backend.port), "--grace", "2s") as running,
    ):
        client = await Client.connect(running.port)
        await client.send(get(b"/chat", b"Connection: Upgrade", b"Upgrade: websocket"))
        await client.read_head()

        async def answers() -> None:
            await client.send(b"still here?")
            assert await client.read_exactly(11) == b"still here?"

        (tmp_path / "routes.yaml").write_text(TABLE.format(port=other.port))
        running.process.send_signal(signal.SIGHUP)
        await until(lambda: running.status()["table_version"] == 2, "the new table was not taken")
        await answers()
        told_at = time.monotonic()
        running.process.terminate()
        while time.monotonic() - told_at < 1.0:
            await answers()
        assert await client.read_to_end() == b""
        assert 1.5 < time.monotonic() - told_at < 5.0
        assert await asyncio.to_thread(running.process.wait, 10) == 0
        await client.close()
        await eventually(backend.connections[0].ended)
