"""More clients than file descriptors."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest

from proxy.listen.listener import RESERVED
from proxy.live_path import TICK_SECONDS
from proxy.supervise.watchdog import vitals
from tests.faults.conftest import ROUNDS
from tests.faults.site import BODY, Users, order, site, stream, table
from tests.integration.test_faults import instance, until
from tests.proxy.wire import Client, Origin, get

INSIDE = 20
LIMIT = RESERVED + 2 * INSIDE


async def one_order(port: int) -> None:
    """As one of a crowd: however long it waits, it gets its answer."""
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(get(b"/orders/1", b"Connection: close"))
        answer = await reader.read()
        writer.close()
        assert answer.endswith(BODY), answer


@pytest.mark.promise("O8")
async def test_a_worker_without_descriptors_lets_new_clients_wait_and_serves_those_that_it_has(tmp_path: Path) -> None:
    async with (
        Origin(site) as legacy,
        Origin(site) as orders,
        instance(tmp_path, table(legacy.port, orders.port, sample="10%")) as running,
    ):
        (worker,) = await asyncio.to_thread(running.pids, "proxy")
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        await asyncio.sleep(TICK_SECONDS * 5)  # it looks at its limit once a tick
        for _ in range(ROUNDS):
            users = Users(running.port)
            users.come(order, 4)
            users.come(stream, 2)
            await users.more(20)
            crowd = [asyncio.create_task(one_order(running.port)) for _ in range(LIMIT * 2)]
            await users.more(50)
            await users.leave()
            assert users.failures == []
            await asyncio.gather(*crowd)  # each that leaves makes room for one that waits
            assert running.admin("/readyz")[0] == 200
        idle = [await Client.connect(running.port) for _ in range(LIMIT * 2)]
        before = vitals(worker)[1]
        await asyncio.sleep(1.0)
        assert vitals(worker)[1] - before < 0.5, "the worker is busy with clients that it cannot take"
        for client in idle:
            await client.close()
        lines = running.log.count("accepting pauses")
        assert 1 <= lines <= 2 + ROUNDS, lines
        await until(
            lambda: b'strangler_accept_pauses_total{reason="clients"}' in running.admin("/metrics")[1], "not counted"
        )
