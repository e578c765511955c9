"""A live path that takes HTTP/2 beside HTTP/1 on one plain port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from proxy.http2 import either_protocol, is_available
from proxy.model.table import Table
from tests.proxy.conftest import Proxies, Proxy
from tests.proxy.wire import eventually

if TYPE_CHECKING:
    from tests.proxy.http2.wire import Http2Client

collect_ignore_glob = (
    [] if is_available() else ["test_*.py"]
)  # an environment from before: `make setup` brings it up to date


@dataclass
class Http2Proxy:
    """``running`` is the live path itself, ``port`` where it speaks both."""

    running: Proxy
    port: int
    clients: list[Http2Client] = field(default_factory=list)

    async def connect(self) -> Http2Client:
        from tests.proxy.http2.wire import Http2Client  # noqa: PLC0415 - an extra

        client = await Http2Client.connect(self.port)
        self.clients.append(client)
        return client


Http2Proxies = Callable[[str | Table], Awaitable[Http2Proxy]]


@pytest.fixture
async def http2(proxy: Proxies) -> AsyncIterator[Http2Proxies]:
    started = []

    async def start(table: str | Table) -> Http2Proxy:
        running = await proxy(table)
        live = running.live
        server = await live.loop.create_server(lambda: either_protocol(live), "127.0.0.1", 0)
        both = Http2Proxy(running, server.sockets[0].getsockname()[1])
        started.append((server, both))
        return both

    yield start
    for server, both in started:
        server.close()
        for client in both.clients:
            await client.close()
        await eventually(lambda both=both: not both.running.live.clients, "a stream or a connection was never closed")
        assert both.running.count("strangler_streams") == 0
        assert both.running.count("strangler_in_flight") == 0
