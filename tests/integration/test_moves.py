"""Weights and kills take effect on live traffic, on every worker, and fail no request."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.instance import Instance
from tests.integration.load import Load
from tests.integration.test_faults import ANSWER, BODY, instance
from tests.proxy.wire import Origin, always

pytestmark = pytest.mark.heavy

TABLE = """\
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}  # the monolith
  orders: {{ url: "http://127.0.0.1:{orders}" }}
defaults: {{ identity: [{{ header: X-User-Id }}] }}
groups:
  ordering: {{ split: {{ orders: 0, legacy: 100 }} }}  # nobody yet
routes:
  - {{ name: read, match: {{ path: "/orders/**" }}, group: ordering }}
"""


async def strangler(running: Instance, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "console", *words, "--config", str(running.directory / "routes.yaml")]
    command += ["--admin", f"127.0.0.1:{running.admin_port}", "--store", running.store, "--format", "json"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def heads(origin: Origin) -> int:
    return sum(len(connection.heads) for connection in origin.connections)


async def test_a_weight_is_in_force_everywhere_when_the_command_says_so_and_a_kill_leaves_nobody_behind(
    tmp_path: Path,
) -> None:
    async with Origin(always(ANSWER)) as legacy, Origin(always(ANSWER)) as orders:
        text = TABLE.format(legacy=legacy.port, orders=orders.port)
        async with (
            instance(tmp_path, text, "--workers", "2") as running,
            Load(running.port, [b"/orders/1"], BODY, turns=20) as load,
        ):
            await load.more(50)
            assert heads(orders) == 0
            moved = await strangler(running, "weight", "ordering", "orders=30", "legacy=70")
            assert (moved["in_force"]["workers"], moved["in_force"]["of"]) == (2, 2)
            assert moved["in_force"]["seconds"] < 10
            before = heads(orders)
            await load.more(300)
            assert heads(orders) > before
            killed = await strangler(running, "kill", "ordering")
            assert killed["in_force"]["table_version"] == moved["in_force"]["table_version"] + 1
            await load.more(20)  # what was under way when the table changed
            before = heads(orders)
            await load.more(300)
            assert heads(orders) == before
        assert load.failures == []
    assert (tmp_path / "routes.yaml").read_text() == text.replace("legacy: 100", "legacy: 70")
