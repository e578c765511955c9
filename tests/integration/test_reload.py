"""A bad table never replaces a good one; a good one drops no request (promise 5)."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.integration.instance import Instance
from tests.integration.load import Load
from tests.integration.test_faults import ANSWER, BODY, instance, until
from tests.proxy.wire import Origin, always

pytestmark = pytest.mark.heavy

GOOD = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{port}" }}
  orders: {{ url: "http://127.0.0.1:{port}" }}
routes:
  - {{ name: orders, match: {{ path: "/orders/**" }}, split: {{ orders: {weight}, legacy: 50 }} }}
"""

BAD = [
    "",
    "version: 1",
    "version: 2\nbackends: {}\n",
    "not: [closed",
    "\t",
    "version: 1\nbackends: { orders: { url: 'http://127.0.0.1:1' } }\n",
    "version: 1\nbackends: { legacy: { url: 'http://127.0.0.1:1' } }\nroutes: [{ name: x, match: { path: /, colour: red }, backend: nobody }]\n",
]


def write(path: Path, text: str, dice: random.Random) -> None:
    """As editors do: in place, or through a rename."""
    if dice.random() < 0.5:
        path.write_text(text)
    else:
        other = path.with_suffix(".new")
        other.write_text(text)
        other.replace(path)


@pytest.mark.promise("O4", "O5")
async def test_a_thousand_good_and_bad_writes_fail_no_request(tmp_path: Path) -> None:
    dice = random.Random(7)
    async with (
        Origin(always(ANSWER)) as backend,
        instance(tmp_path, GOOD.format(port=backend.port, weight=1)) as running,
        Load(running.port, [b"/orders/1", b"/else"], BODY, users=4) as load,
    ):
        path = tmp_path / "routes.yaml"
        for turn in range(1000):
            good = GOOD.format(port=backend.port, weight=turn % 100 + 1)
            write(path, good if turn % 2 else dice.choice(BAD), dice)
            await load.more(1)
            await asyncio.sleep(0.005)
            assert load.failures == []
        version = (await asyncio.to_thread(running.status))["table_version"]
        path.write_text("version: nonsense")
        await until(lambda: b"strangler_table_bad 1.0" in running.admin("/metrics")[1], "the bad table was not noticed")
        assert running.admin("/readyz")[0] == 200
        assert "nonsense" in running.log or "version" in running.log
        path.write_text(GOOD.format(port=backend.port, weight=77))
        await until(lambda: running.status()["table_version"] > version, "the good table was not taken")
        await until(lambda: b"strangler_table_bad 0.0" in running.admin("/metrics")[1], "the alarm did not end")
    assert load.failures == []


@pytest.mark.promise("O3")
async def test_a_table_whose_file_is_gone_stays_in_force_until_the_file_is_back(tmp_path: Path) -> None:
    async with Origin(always(ANSWER)) as backend:
        text = GOOD.format(port=backend.port, weight=1)
        async with instance(tmp_path, text) as running, Load(running.port, [b"/orders/1", b"/else"], BODY) as load:
            path = tmp_path / "routes.yaml"
            path.unlink()
            await until(lambda: "missing" in (running.status()["table"]["error"] or ""), "nobody missed the file")
            await load.more(20)
            assert running.admin("/readyz")[0] == 200
            path.write_text(text)
            await until(lambda: running.status()["table"]["error"] is None, "the file is back, and nobody saw it")
            await load.more(20)
        assert load.failures == []


async def test_a_table_behind_a_swapped_link_is_taken(tmp_path: Path) -> None:
    """As Kubernetes mounts a ConfigMap: the file is a link through a directory that is swapped."""
    async with Origin(always(ANSWER)) as backend:
        mount = tmp_path / "mount"
        for number in (1, 2):
            (mount / f"data-{number}").mkdir(parents=True)
            (mount / f"data-{number}" / "routes.yaml").write_text(GOOD.format(port=backend.port, weight=number))
        (mount / "data").symlink_to("data-1")
        (mount / "routes.yaml").symlink_to("data/routes.yaml")
        running = Instance(tmp_path, ["--config", str(mount / "routes.yaml")])
        try:
            await asyncio.to_thread(running.wait_ready)
            assert running.status()["table_version"] == 1
            (mount / "data.new").symlink_to("data-2")
            (mount / "data.new").replace(mount / "data")
            await until(lambda: running.status()["table_version"] == 2, "the swapped link was not noticed")
        finally:
            await asyncio.to_thread(running.end)
