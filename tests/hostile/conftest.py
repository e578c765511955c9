"""The live path on real sockets, and what must hold in every test of this folder, whatever comes over the wire."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from tests.hostile.stage import Stage, staged
from tests.proxy.conftest import Origins, Proxies, origin, proxy, pytest_asyncio_loop_factories, unused_port

__all__ = ["origin", "proxy", "pytest_asyncio_loop_factories", "unused_port"]

MAX_LAG = 2.0
"""Seconds that the loop may be stuck: generous, since tests share their machine, yet far below what an endless loop takes."""


@pytest.fixture(autouse=True)
async def nothing_escapes(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """No exception is logged or reaches the loop, and the loop stays alive."""
    loop = asyncio.get_running_loop()
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = loop.time()
            await asyncio.sleep(0.01)
            longest = max(longest, loop.time() - before)

    watching = asyncio.create_task(watch())
    yield
    watching.cancel()
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, errors
    assert longest < MAX_LAG


@pytest.fixture
async def stage(origin: Origins, proxy: Proxies) -> AsyncIterator[Stage]:
    async with staged(origin, proxy) as new:
        yield new
