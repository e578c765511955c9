"""A whole instance that speaks HTTP/2: reloads and shutdowns cost no request."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path

import pytest
from h2.errors import ErrorCodes
from hyperframe.frame import SettingsFrame

from proxy.http2.preface import PREFACE
from tests.integration.test_faults import instance, until
from tests.proxy.http2.wire import Http2Client, request
from tests.proxy.wire import Client, Origin, OriginConnection, always, eventually, get, ok

pytestmark = pytest.mark.heavy

TABLE = """
version: 1
listen: {{ http2: {http2} }}
backends: {{ legacy: {{ url: "http://127.0.0.1:{port}" }} }}
"""


def speaks_http2(port: int) -> bool:
    """A new connection's first bytes are a frame, and no status line."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        plain.sendall(PREFACE + SettingsFrame(0).serialize())
        return plain.recv(100)[:4] not in {b"HTTP", b""}


async def test_http_2_is_spoken_from_the_table_that_says_so(tmp_path: Path) -> None:
    async with (
        Origin(always(ok())) as legacy,
        instance(tmp_path, TABLE.format(http2="false", port=legacy.port)) as running,
    ):
        old = await Client.connect(running.port)
        await old.send(PREFACE)
        assert (await old.read_to_end()).startswith(b"HTTP/1.1 ")
        await old.close()
        (tmp_path / "routes.yaml").write_text(TABLE.format(http2="true", port=legacy.port))
        await until(lambda: speaks_http2(running.port), "the new table was never taken")
        new, plain = await Http2Client.connect(running.port), await Client.connect(running.port)
        assert (await new.ask(request())).body == b"hello"
        await plain.send(get())
        assert (await plain.read_answer())[2] == b"hello"
        (tmp_path / "routes.yaml").write_text(TABLE.format(http2="false", port=legacy.port))
        await until(lambda: not speaks_http2(running.port), "the newest table was never taken")
        assert (await new.ask(request())).body == b"hello"  # who is in stays in
        await new.close()
        await plain.close()


async def test_sigterm_under_load_answers_or_refuses_every_request(tmp_path: Path) -> None:
    """What is refused, is refused so that a client may send it again: REFUSED_STREAM, or beyond the last stream of GOAWAY."""

    async def slow(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await asyncio.sleep(0.2)
            await connection.send(ok())

    async def use(port: int) -> tuple[int, int]:
        client = await Http2Client.connect(port)
        streams: list[int] = []
        while len(client.goaways) < 2:
            streams += [await client.send(request()) for _ in range(3)]
            await client.until(lambda one=streams[-3]: client.answers[one].over or len(client.goaways) == 2)
        await client.end()
        last = client.goaways[-1][1] or 0
        whole = [stream for stream in streams if client.answers[stream].ended]
        again = [s for s in streams if s > last or client.answers[s].reset == ErrorCodes.REFUSED_STREAM]
        assert {*whole, *again} == {*streams}
        return len(whole), len(again)

    async with (
        Origin(slow) as legacy,
        instance(tmp_path, TABLE.format(http2="true", port=legacy.port), "--workers", "2") as running,
    ):
        users = [asyncio.create_task(use(running.port)) for _ in range(10)]
        await eventually(lambda: len(legacy.heads) >= 60)
        running.process.send_signal(signal.SIGTERM)
        counts = await asyncio.gather(*users)
        assert await asyncio.to_thread(running.process.wait, 20) == 0
        assert sum(whole for whole, _ in counts) >= 60
        assert len(legacy.heads) == sum(whole for whole, _ in counts)
