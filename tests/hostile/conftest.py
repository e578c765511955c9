"""The live path on real sockets, and what must hold in every test of this folder, whatever comes over the wire."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest

from tests.hostile.stage import Stage, staged
from tests.machine import patience
from tests.proxy.conftest import Origins, Proxies, origin, proxy, pytest_asyncio_loop_factories, unused_port

__all__ = ["origin", "proxy", "pytest_asyncio_loop_factories", "unused_port"]

MAX_TURN = 2.0
"""Seconds of processor time that one turn of the loop may take: generous, yet far below what an endless loop takes."""
MAX_STANDSTILL = 15.0
"""Seconds that it may stand still besides. A machine that others use gives no processor for some of them; a file or a lock is waited for longer."""


@pytest.fixture(autouse=True)
async def nothing_escapes(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """No exception is logged or reaches the loop, and the loop stays alive."""
    turn = standstill = 0.0

    async def watch() -> None:
        nonlocal turn, standstill
        while True:
            began, used = time.monotonic(), time.thread_time()
            await asyncio.sleep(0.01)
            took, used = time.monotonic() - began, time.thread_time() - used
            turn, standstill = max(turn, used), max(standstill, took - used)

    watching = asyncio.create_task(watch())
    yield
    watching.cancel()
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, errors
    assert turn < MAX_TURN or turn < patience(MAX_TURN)
    assert standstill < MAX_STANDSTILL


@pytest.fixture
async def stage(origin: Origins, proxy: Proxies) -> AsyncIterator[Stage]:
    async with staged(origin, proxy) as new:
        yield new
