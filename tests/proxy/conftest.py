"""A real live path on real sockets, in the test's own loop, which is uvloop as in a worker."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
import uvloop

from proxy.accept import ClientConnection
from proxy.limits.shedding import Pressure
from proxy.live_path import LivePath
from proxy.model.counted import read_counters
from proxy.model.counters import Counters
from proxy.model.settings import Settings
from proxy.model.table import Table
from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.wire import Client, Handler, Origin, eventually

SECRET = b"0123456789abcdef0123456789abcdef"


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


class ListLog:
    """An access log that keeps what it is given."""

    def __init__(self) -> None:
        self.lines: list[tuple[Any, ...]] = []

    def log(self, *line: Any) -> None:
        self.lines.append(line)


@dataclass
class Proxy:
    """A running live path: ``port`` to talk to, ``live`` to look into."""

    live: LivePath
    port: int
    run_dir: Path
    access_log: ListLog
    server: asyncio.Server
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        client = await Client.connect(self.port)
        self.clients.append(client)
        return client

    def count(self, metric: str, **labels: str) -> int:
        """The sum of all series of ``metric`` that carry these labels."""
        return sum(
            value
            for _, name, given, value in read_counters(self.run_dir)
            if name == metric and labels.items() <= given.items()
        )


class Origins(Protocol):
    """Starts a backend; without more it listens on 127.0.0.1 and speaks no TLS."""

    def __call__(
        self, handler: Handler, *, host: str = ..., socket: str | None = ..., tls: ssl.SSLContext | None = ...
    ) -> Awaitable[Origin]: ...


Proxies = Callable[[str | Table], Awaitable[Proxy]]


@pytest.fixture
async def origin() -> AsyncIterator[Origins]:
    started: list[Origin] = []

    async def start(
        handler: Handler, *, host: str = "127.0.0.1", socket: str | None = None, tls: ssl.SSLContext | None = None
    ) -> Origin:
        new = Origin(handler, host=host, socket=socket, tls=tls)
        await new.start()
        started.append(new)
        return new

    yield start
    for one in started:
        await one.stop()


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[Proxies]:
    """Start a live path for a table, given as a Table or as the YAML of one."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(table: str | Table) -> Proxy:
            return await stack.enter_async_context(serving(table, tmp_path))

        yield start


@contextlib.asynccontextmanager
async def serving(table: str | Table, run_dir: Path) -> AsyncIterator[Proxy]:
    if isinstance(table, str):
        table = load_table(table)
    counters = Counters(run_dir, "proxy-0-1")
    access_log = ListLog()
    live = LivePath(Settings(run_dir=str(run_dir)), Routing(table, SECRET), SECRET, counters, access_log, "proxy-0-1")
    live.shedder.measure = lambda _: Pressure()  # the machine that tests run on may be busy
    server = await live.loop.create_server(lambda: ClientConnection(live), "127.0.0.1", 0)
    ticking = live.loop.create_task(_tick(live))
    running = Proxy(live, server.sockets[0].getsockname()[1], run_dir, access_log, server)
    try:
        yield running
    finally:
        for client in running.clients:
            await client.close()
        ticking.cancel()
        server.close()
        for connection in list(live.clients):
            connection.transport.abort()
        live.backends.close()
        await eventually(lambda: not live.clients, "a client connection was never closed")
        counters.close()


async def _tick(live: LivePath) -> None:
    while True:
        await asyncio.sleep(0.02)
        live.tick()


def to_legacy(port: int, more: str = "") -> str:
    """A table that sends everything to one backend on ``port``."""
    return f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{port}' }}\n{more}"


@pytest.fixture
def unused_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
