from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.console.web.port import Port


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[Port]:
    port = Port(tmp_path)
    runner = web.AppRunner(port.app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield port
    await runner.cleanup()
    port.evidence.close()
