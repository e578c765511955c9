"""Logs that nobody reads."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.faults.conftest import ROUNDS
from tests.faults.site import Users, order, single_order, site, stream, table
from tests.integration.instance import Instance
from tests.integration.test_faults import until
from tests.proxy.wire import Origin


@pytest.mark.promise("O12")
async def test_a_blocked_log_pipe_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    async with Origin(site) as legacy, Origin(site) as orders:
        (tmp_path / "routes.yaml").write_text(table(legacy.port, orders.port, sample="1%"))
        reading, writing = os.pipe()
        running = Instance(tmp_path, ["--config", "routes.yaml", "--log-level", "debug"], sink=writing)
        os.close(writing)
        try:
            await asyncio.to_thread(running.wait_ready)
            users = Users(running.port)
            for kind, count in ((order, 8), (single_order, 2), (stream, 2)):
                users.come(kind, count)
            for _ in range(ROUNDS):
                await users.more(500)
            victim = (await asyncio.to_thread(running.pids, "shadow"))[0]
            os.kill(victim, signal.SIGKILL)  # what the supervisor has to say about it blocks nothing either
            await until(lambda: running.pids("shadow") not in ([], [victim], [None]), "not replaced")
            (tmp_path / "routes.yaml").write_text("version: nonsense")
            await until(lambda: running.status()["table"]["error"], "the supervisor is blocked")
            await users.more(500)
            assert users.failures == []
            running.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(running.process.wait, 30) == 0
            await users.leave()
            assert users.failures == []
        finally:
            os.close(reading)
            await asyncio.to_thread(running.end)
