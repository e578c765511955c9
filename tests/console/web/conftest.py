from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web

from tests.console.scene import fill_store
from tests.console.web.people import Browser, GuardedPort
from tests.console.web.port import Port, start

AnyPort = TypeVar("AnyPort", bound=Port)


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[Port]:
    async with served(Port(tmp_path)) as port:
        yield port


@asynccontextmanager
async def served(port: AnyPort, number: int = 0) -> AsyncIterator[AnyPort]:
    runner = web.AppRunner(port.app, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", number)
    await site.start()
    port.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield port
    finally:
        await runner.cleanup()
        port.evidence.close()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[GuardedPort]:
    """One that asks who comes, with evidence and a table."""
    port = GuardedPort(tmp_path)
    fill_store(port.store)
    async with served(port):
        await start(port)
        yield port


@pytest.fixture
async def browser(guarded: GuardedPort) -> AsyncIterator[Browser]:
    async with Browser(guarded) as browser:
        yield browser
