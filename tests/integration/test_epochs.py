"""A deploy behind a whole instance: evidence about the old build is not evidence about the new one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.load import Load
from tests.integration.test_faults import instance, until
from tests.proxy.wire import Origin, OriginConnection, always, ok

pytestmark = pytest.mark.heavy

BODY = b'{"total": 12.5}'
TYPE = b"Content-Type: application/json"

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}", version_header: X-Version }}
  orders: {{ url: "http://127.0.0.1:{orders}", version_header: X-Version }}
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100% }}
    ready: {{ target: 99%, hours: 0 }}
"""


async def test_a_deploy_and_a_mark_let_evidence_count_anew_while_it_runs(tmp_path: Path) -> None:
    build = b"n1"

    async def orders(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await connection.send(ok(BODY, TYPE, b"X-Version: " + build))

    async with (
        Origin(always(ok(BODY, TYPE, b"X-Version: old-7"))) as legacy,
        Origin(orders) as new,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=new.port), "--workers", "1") as running,
        # At the machine's limit evidence comes when there is time for it.
        Load(running.port, [b"/orders/1", b"/orders/2"], BODY, pause=0.02) as load,
    ):

        def epoch() -> dict[str, Any]:
            return dict(running.report()["orders"]["epoch"])

        await load.more(50)
        await until(lambda: epoch()["candidate_version"] == "n1", "nobody read the build")
        assert (await asyncio.to_thread(epoch))["control_version"] == "old-7"
        build = b"n2"
        await load.more(50)
        await until(lambda: epoch()["candidate_version"] == "n2", "the deploy went unnoticed")
        command = [sys.executable, "-m", "console", "epoch", "--store", running.store, "--reason", "new data"]
        said = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
        assert "From now on evidence of 1 route counts anew: orders." in said.stderr
        await until(lambda: (epoch()["mark"] or {}).get("reason") == "new data", "the report does not say why")
        await load.more(50)
        await until(lambda: running.report()["orders"]["readiness"]["pairs"] > 0, "nothing counts after the mark")
        assert load.failures == []
