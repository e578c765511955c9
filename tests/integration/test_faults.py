"""The shadow may die, hang or lie: the users never notice, and what was lost is counted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.instance import Instance
from tests.integration.load import Load
from tests.proxy.wire import Client, Handler, Origin, OriginConnection, always, eventually, get, ok

pytestmark = pytest.mark.heavy

BODY = b'{"total": 12.5, "items": [1, 2, 3]}'
ANSWER = ok(BODY, b"Content-Type: application/json")

TAP = re.compile(r"/tap(-\d+)?\.sock\Z")

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders: {{ url: "http://127.0.0.1:{orders}" }}
defaults: {{ identity: [{{ header: X-User-Id }}] }}
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100%, timeout: 500ms }}
    ready: {{ target: 99%, hours: 0 }}
"""


@asynccontextmanager
async def instance(directory: Path, table: str, *options: str) -> AsyncIterator[Instance]:
    (directory / "routes.yaml").write_text(table)
    started = Instance(directory, ["--config", str(directory / "routes.yaml"), *options])
    try:
        await asyncio.to_thread(started.wait_ready)
        if "shadow:" in table:
            await until_shadowing(started)
        yield started
    finally:
        await asyncio.to_thread(started.end)


async def until_shadowing(running: Instance) -> None:
    """Wait until every proxy worker is connected with every shadow worker, and one has told its plans: copies before that are lost, and
    counted."""

    def shadowing() -> bool:
        pids = [running.pids(role) for role in ("proxy", "shadow")]
        return len(pids[0]) * len(pids[1]) == len(taps_of(running)) and bool(running.report())

    await until(shadowing, "not all workers have a tap")


def taps_of(running: Instance) -> list[str]:
    """The proxy workers' connections at the shadow workers' ends, as the kernel lists them (proc(5): state 03 is connected)."""
    with contextlib.suppress(OSError):  # one is just being started
        folders = [Path(f"/proc/{shadow}/fd") for shadow in running.pids("shadow")]
        sockets = {str(fd.readlink()).strip("socket:[]") for folder in folders for fd in folder.iterdir()}
        lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
        return [line[6] for line in lines if line[5] == "03" and line[6] in sockets and TAP.search(line[-1])]
    return []


async def until(check: Callable[[], object], what: str | Callable[[], str], patience: float = 20.0) -> None:
    """Wait until the blocking ``check`` holds. What a document does not name yet may come."""
    deadline = time.monotonic() + patience

    def holds() -> bool:
        try:
            return bool(check())
        except KeyError:
            return False

    while not await asyncio.to_thread(holds):
        if time.monotonic() > deadline:
            raise AssertionError(what if isinstance(what, str) else what())
        await asyncio.sleep(0.05)


@pytest.mark.alone
async def test_a_killed_shadow_worker_costs_copies_that_are_counted_and_no_request(tmp_path: Path) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port)) as running,
    ):
        async with Load(running.port, [b"/orders/1", b"/orders/2"], BODY) as load:
            await load.more(300)
            (pid,) = await asyncio.to_thread(running.pids, "shadow")
            os.kill(pid, signal.SIGKILL)
            killed_at = time.monotonic()
            await until(lambda: [p for p in running.pids("shadow") if p != pid], "the shadow worker was not restarted")
            assert time.monotonic() - killed_at < 6.0
            await load.more(300)
            await until(
                lambda: running.report()["orders"]["outcomes"]["match"] > 0, "nothing is compared after the restart"
            )
        assert load.failures == []

        def accounted() -> bool:
            """What the dead worker had with it is counted as lost. Some of that it had recorded: never too few."""
            route = running.report()["orders"]
            lost = route["skipped"].get("shadow_lost", 0) + route["skipped"].get("tap_down", 0)
            done = sum(route["outcomes"].values()) + sum(route["skipped"].values())
            return bool(lost and route["seen"] == load.answered <= done)

        await until(accounted, "captures were lost without a count")


async def _hang(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.reader.read()


async def _reset(connection: OriginConnection) -> None:
    await connection.read_head()
    connection.reset()


async def _drip(connection: OriginConnection) -> None:
    await connection.read_head()
    for byte in ANSWER:
        await connection.send(bytes([byte]))
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    ("handler", "outcomes"),
    [
        (_hang, {"candidate_timeout"}),
        (_reset, {"candidate_error"}),
        (_drip, {"candidate_timeout"}),
        (always(b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"), {"candidate_error", "mismatch"}),
        (always(b"no HTTP at all\r\n\r\n"), {"candidate_error"}),
    ],
    ids=["hangs", "resets", "drips", "answers 500", "speaks no HTTP"],
)
async def test_a_broken_candidate_changes_no_answer(tmp_path: Path, handler: Handler, outcomes: set[str]) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(handler) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port)) as running,
    ):
        async with Load(running.port, [b"/orders/1"], BODY, users=4) as load:
            await load.more(200)
        assert load.failures == []

        def judged() -> bool:
            counts = running.report()["orders"]["outcomes"]
            return any(counts[name] for name in outcomes)

        await until(judged, f"none of {outcomes} was counted")
        assert (await asyncio.to_thread(running.report))["orders"]["outcomes"]["match"] == 0


async def test_a_candidate_that_is_down_changes_no_answer(tmp_path: Path) -> None:
    async with Origin(always(ANSWER)) as legacy:
        with socket.socket() as nobody:  # bound, so that nobody else gets the port, and never listening
            nobody.bind(("127.0.0.1", 0))
            table = TABLE.format(legacy=legacy.port, orders=nobody.getsockname()[1])
            async with instance(tmp_path, table) as running:
                async with Load(running.port, [b"/orders/1"], BODY, users=4) as load:
                    await load.more(200)
                assert load.failures == []
                await until(
                    lambda: running.report()["orders"]["outcomes"]["candidate_error"] > 0, "the error was not counted"
                )


async def test_every_request_is_accounted_for(tmp_path: Path) -> None:
    """Promise 8: seen = outcomes + skipped, once everything has settled."""
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port), "--workers", "2") as running,
    ):
        async with Load(running.port, [b"/orders/1", b"/orders/2"], BODY) as load:
            await load.more(500)
        assert load.failures == []

        def settled() -> bool:
            route = running.report()["orders"]
            done = sum(route["outcomes"].values()) + sum(route["skipped"].values())
            return bool(route["seen"] == load.answered == done)

        await until(settled, "some requests have neither an outcome nor a reason")


@pytest.mark.promise("O7")
async def test_a_killed_proxy_worker_is_restarted_and_the_others_go_on(tmp_path: Path) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port), "--workers", "2") as running,
    ):
        before = await asyncio.to_thread(running.pids, "proxy")
        os.kill(before[0], signal.SIGKILL)
        await until(lambda: len(set(running.pids("proxy")) - set(before)) == 1, "the worker was not restarted")
        await until(lambda: running.admin("/readyz")[0] == 200, "it never became ready again")
        async with Load(running.port, [b"/orders/1"], BODY) as load:
            await load.more(200)
        assert load.failures == []


@pytest.mark.promise("O6")
async def test_sigterm_under_load_finishes_what_is_under_way(tmp_path: Path) -> None:
    async def slow(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await asyncio.sleep(0.3)
            await connection.send(ANSWER)

    async with (
        Origin(slow) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port)) as running,
    ):
        clients = [await Client.connect(running.port) for _ in range(10)]
        for client in clients:
            await client.send(get(b"/orders/1"))
        await eventually(lambda: len(legacy.heads) == 10)
        running.process.send_signal(signal.SIGTERM)
        for client in clients:
            status, head, body = await client.read_answer()
            assert (status, body) == (200, BODY)
            assert b"Connection: close" in head
            await client.close()
        assert await asyncio.to_thread(running.process.wait, 20) == 0
