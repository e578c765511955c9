"""A whole instance under pressure: the shadow goes first, accepted requests finish, nobody is killed, and it comes back by itself."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.instance import Instance
from tests.integration.load import Load
from tests.integration.test_faults import ANSWER, BODY, instance, until
from tests.proxy.wire import Client, Origin, OriginConnection, always, get

pytestmark = pytest.mark.heavy

MIB = 1024 * 1024

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders: {{ url: "http://127.0.0.1:{orders}" }}
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100%, max_request: 16MiB, max_answer: 16MiB, unsafe: "nobody keeps it" }}
"""


def memory(pid: int, field: str = "VmRSS") -> int:
    """Bytes, of ``/proc/PID/status``."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def step(running: Instance) -> str:
    return str(running.status()["overload"][0]["step"])


def count(running: Instance, metric: str, labels: str = ".*") -> float:
    """The sum of all series of ``metric`` whose labels match."""
    page = running.admin("/metrics")[1].decode()
    return sum(float(n) for n in re.findall(rf"(?m)^{metric}_total{{{labels}}} (\S+)$", page))


def skipped(running: Instance) -> float:
    return count(running, "strangler_skipped", 'reason="overload",route="orders"')


@pytest.mark.promise("C13")
async def test_under_pressure_the_shadow_stops_before_users_notice_anything_and_comes_back_after_it(
    tmp_path: Path,
) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port), "--workers", "1") as running,
        Load(running.port, [b"/orders/1", b"/orders/2"], BODY) as load,
    ):
        await load.more(200)
        (pid,) = await asyncio.to_thread(running.pids, "proxy")
        usual = (tmp_path / "routes.yaml").read_text()
        tight = f"{usual}overload: {{ memory: {int(memory(pid) / 0.6 / 1024)}KiB }}\n"
        (tmp_path / "routes.yaml").write_text(tight)
        await until(lambda: step(running) == "no_copies", "the shadow goes on")
        before = skipped(running)
        connections = len(legacy.connections)
        await load.more(500)
        await until(lambda: skipped(running) >= before + 400, "what is not copied is not counted")
        assert step(running) == "no_copies"
        assert len(legacy.connections) <= connections + 8
        (tmp_path / "routes.yaml").write_text(usual)
        await until(lambda: step(running) == "none", "it does not come back")
        copied = await asyncio.to_thread(count, running, "strangler_copied")
        await load.more(200)
        await until(lambda: count(running, "strangler_copied") > copied, "nothing is copied any more")
        assert not load.failures
        assert count(running, "strangler_refused") == 0


class Holding:
    """Reads a request, sends most of a large answer, and its end when told to."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.reached = 0
        self.go_on = asyncio.Event()

    async def __call__(self, connection: OriginConnection) -> None:
        head = await connection.read_head()
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length is not None:
            await connection.reader.readexactly(int(length[1]))
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.size)
        block = b"x" * 65536
        for _ in range(self.size // len(block) - 1):
            await connection.send(block)
        self.reached += 1
        await self.go_on.wait()
        await connection.send(block)
        await connection.reader.read()


@pytest.mark.promise("O9")
async def test_large_transfers_that_are_copied_are_shed_below_the_memory_limit_and_all_of_them_finish(
    tmp_path: Path,
) -> None:
    users, size, limit = 40, 8 * MIB, 192 * MIB
    holding = Holding(size)

    async def user(port: int, number: int) -> int:
        client = await Client.connect(port)
        if number % 2:
            await client.send(get(b"/orders/%d" % number))
        else:
            await client.send(get(b"/orders/%d" % number, b"Content-Length: %d" % size, method=b"POST"))
            for _ in range(size // 65536):
                await client.send(b"y" * 65536)
        await client.read_head()
        left = size
        while left and (data := await asyncio.wait_for(client.reader.read(min(left, 262144)), 60)):
            left -= len(data)
        await client.close()
        return left

    table = TABLE + f"overload: {{{{ memory: {limit}B }}}}\n"
    async with (
        Origin(holding) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, table.format(legacy=legacy.port, orders=orders.port), "--workers", "1") as running,
    ):
        (pid,) = await asyncio.to_thread(running.pids, "proxy")
        tasks = [asyncio.create_task(user(running.port, number)) for number in range(users)]
        await until(lambda: holding.reached == users, "not all transfers came so far", 60.0)
        # All copies together would be two and a half times the limit. It is looked at ten times a second: for a moment there
        # may be more.
        assert memory(pid, "VmHWM") < 1.5 * limit < users * size * 1.5
        await until(lambda: memory(pid) < limit, "copies were not given up")
        holding.go_on.set()
        assert await asyncio.gather(*tasks) == [0] * users
        assert skipped(running) >= users // 2
        assert count(running, "strangler_refused") == 0
        assert await asyncio.to_thread(running.pids, "proxy") == [pid]
        await until(lambda: step(running) == "none", "memory that is free is not given back", 60.0)


@pytest.mark.promise("O9", "C13")
async def test_above_the_memory_limit_requests_are_refused_and_the_worker_lives_on(tmp_path: Path) -> None:
    table = TABLE + "overload: {{ memory: 1MiB }}\n"
    async with (
        Origin(always(ANSWER)) as legacy,
        instance(tmp_path, table.format(legacy=legacy.port, orders=legacy.port), "--workers", "1") as running,
    ):
        await until(lambda: step(running) == "refuse", "a limit that is exceeded forty times goes unnoticed")

        async def ask() -> tuple[int, bytes]:
            client = await Client.connect(running.port)
            await client.send(get(b"/orders/1"))
            status, head, _ = await client.read_answer()
            await client.close()
            return status, head

        answers = await asyncio.gather(*(ask() for _ in range(200)))
        refused = [head for status, head in answers if status == 503]
        assert {status for status, _ in answers} <= {200, 503}
        assert len(refused) > 100
        assert all(b"\r\nRetry-After: " in head for head in refused)
        # Not a dead service: one at a time gets through.
        deadline = time.monotonic() + 20
        while (await ask())[0] != 200:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


@asynccontextmanager
async def stopped(pid: int) -> AsyncIterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.promise("C13")
async def test_a_worker_that_stood_still_serves_as_soon_as_it_is_woken(tmp_path: Path) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=legacy.port), "--workers", "1") as running,
    ):
        (pid,) = await asyncio.to_thread(running.pids, "proxy")
        client = await Client.connect(running.port)
        for _ in range(2):
            async with stopped(pid):
                await asyncio.sleep(2.0)  # nothing to wait for: this is the stall
                await client.send(get(b"/orders/1"))
            assert (await client.read_answer())[::2] == (200, BODY)
        await client.close()
        assert count(running, "strangler_refused") == 0
        assert "load shedding" not in running.log


async def test_a_client_has_its_allowance_once_however_many_workers_there_are(tmp_path: Path) -> None:
    limit = 'routes: [{ name: a, match: { path: "/a/**" }, backend: legacy, rate_limit: { requests: 20, per: 1h } }]\n'
    async with Origin(always(ANSWER)) as legacy:
        table = f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }} }}\n{limit}"
        async with instance(tmp_path, table, "--workers", "2") as running:
            clients = [await Client.connect(running.port) for _ in range(60)]
            answers = []
            for client in clients:
                await client.send(get(b"/a/1"))
                answers.append((await client.read_answer())[0])
            # Both workers had a part in it, and yet it is one allowance.
            assert answers == [200] * 20 + [429] * 40
            assert count(running, "strangler_rate_limited") == 40
            for client in clients:
                await client.close()
