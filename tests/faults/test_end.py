"""SIGTERM and SIGKILL under load."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from shadow.store.sqlite import SqliteStore
from tests.faults.conftest import ROUNDS
from tests.faults.site import Users, assert_sound, order, single_order, site, stream, table, upload
from tests.integration.test_faults import instance, until
from tests.proxy.wire import Origin


@pytest.mark.promise("O6")
async def test_sigterm_finishes_everything_under_way_and_flushes_what_was_captured(
    tmp_path: Path, dice: random.Random
) -> None:
    async with Origin(site) as legacy, Origin(site) as orders:
        for number in range(ROUNDS):
            directory = tmp_path / str(number)
            directory.mkdir()
            async with instance(directory, table(legacy.port, orders.port), "--workers", "2") as running:
                users = Users(running.port)
                for kind, count in ((order, 4), (single_order, 2), (stream, 3), (upload, 2)):
                    users.come(kind, count)
                await users.more(20)
                await asyncio.sleep(dice.random() * 0.5)
                running.process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(running.process.wait, 30) == 0
                await users.leave()
                assert users.failures == [], f"round {number}"
            (summary,) = SqliteStore(directory / "strangler.db").summaries()
            accounted = sum(summary.outcomes.values()) + sum(summary.skipped.values())
            assert summary.seen == accounted == users.orders, f"round {number}: {summary}"
            assert_sound(directory / "strangler.db")


def ports_of(pid: int) -> set[int]:
    """The remote ports of the TCP connections that a process has."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        name = str(descriptor.readlink())
        if name.startswith("socket:["):
            inodes.add(name[8:-1])
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(fields[2].partition(":")[2], 16) for fields in lines if fields[9] in inodes}


@pytest.mark.promise("O7")
async def test_sigkill_of_a_worker_costs_only_what_it_had_under_way(tmp_path: Path, dice: random.Random) -> None:
    async with (
        Origin(site) as legacy,
        Origin(site) as orders,
        instance(tmp_path, table(legacy.port, orders.port), "--workers", "2") as running,
    ):
        users = Users(running.port)
        for kind, count in ((order, 4), (single_order, 2), (stream, 3), (upload, 2)):
            users.come(kind, count)
        for number in range(ROUNDS):
            await users.more(30)
            await asyncio.sleep(dice.random() * 0.2)
            victim = dice.choice(await asyncio.to_thread(running.pids, "proxy"))
            os.kill(victim, signal.SIGSTOP)  # so that what it has can be looked at
            had = ports_of(victim)
            before = len(users.failures)
            os.kill(victim, signal.SIGKILL)

            def replaced(victim: int = victim) -> bool:
                found = [process for process in running.status()["processes"] if process["role"] == "proxy"]
                return all(process["ready"] and process["pid"] != victim for process in found)

            await until(replaced, "the worker was not replaced")
            await users.more(30)
            lost = users.failures[before:]
            assert [failure for failure in lost if failure[0] not in had] == [], f"round {number}"
            assert len(lost) == len({port for port, _ in lost}), f"round {number}: one request a connection"
            assert running.process.poll() is None
        await users.leave()
        assert await asyncio.to_thread(running.end) == 0
        assert_sound(tmp_path / "strangler.db")
