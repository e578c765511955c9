"""One instance follows another on the same port, under load, and nobody notices."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.supervise.ports import open_port
from tests.integration.instance import Instance
from tests.integration.load import Load
from tests.integration.test_faults import ANSWER, BODY, TABLE, until
from tests.proxy.wire import Client, Origin, OriginConnection, always, get

pytestmark = pytest.mark.heavy

PATIENCE = 20.0


def sums(running: Instance) -> int:
    route = running.report()["orders"]
    return sum(route["outcomes"].values()) + sum(route["skipped"].values())


@pytest.mark.promise("O5", "O6")
async def test_a_new_instance_takes_the_ports_over_under_load(tmp_path: Path) -> None:
    """Both record into one store; the admin port speaks for the old one until the new one is ready."""
    async with Origin(always(ANSWER)) as legacy, Origin(always(ANSWER)) as orders:
        (tmp_path / "routes.yaml").write_text(TABLE.format(legacy=legacy.port, orders=orders.port))
        instances = [Instance(tmp_path, ["--config", "routes.yaml", "--workers", "2"])]
        try:
            await asyncio.to_thread(instances[0].wait_ready)
            async with Load(instances[0].port, [b"/orders/1"], BODY) as load:
                for workers in ("1", "3"):
                    await load.more(300)
                    old = instances[-1]
                    new = Instance(tmp_path, ["--config", "routes.yaml", "--workers", workers, "--take-over"], like=old)
                    instances.append(new)
                    assert await asyncio.to_thread(old.process.wait, PATIENCE) == 0
                    await until(
                        lambda new=new: (
                            new.status()["processes"][0]["pid"] == new.process.pid and new.admin("/readyz")[0] == 200
                        ),
                        "the admin port is not the new one's",
                    )
                    await load.more(300)
            assert load.failures == []
            await until(
                lambda: sums(instances[-1]) == instances[-1].report()["orders"]["seen"] == load.answered,
                lambda: f"{load.answered} answered: {instances[-1].report()['orders']}",
            )
        finally:
            for instance in instances:
                await asyncio.to_thread(instance.end)
        with contextlib.closing(sqlite3.connect(tmp_path / "strangler.db")) as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_successor_that_dies_before_it_is_ready_changes_nothing(tmp_path: Path) -> None:
    async with Origin(always(ANSWER)) as legacy, Origin(always(ANSWER)) as orders:
        (tmp_path / "routes.yaml").write_text(TABLE.format(legacy=legacy.port, orders=orders.port))
        old = Instance(tmp_path, ["--config", "routes.yaml"])
        try:
            await asyncio.to_thread(old.wait_ready)
            async with Load(old.port, [b"/orders/1"], BODY) as load:
                for number in (signal.SIGKILL, signal.SIGTERM):
                    new = Instance(tmp_path, ["--config", "routes.yaml", "--take-over"], like=old)
                    await until(lambda new=new: "process started" in new.log, "nothing was started")
                    new.process.send_signal(number)
                    await asyncio.to_thread(new.process.wait, PATIENCE)
                    await load.more(200)
            assert load.failures == []
            assert old.process.poll() is None
            assert old.admin("/readyz")[0] == 200
        finally:
            await asyncio.to_thread(old.end)


async def test_streams_of_the_old_instance_go_on_while_the_new_one_serves(tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await go_on.wait()
        await connection.send(b"4\r\nlast\r\n0\r\n\r\n")

    async with Origin(handler) as legacy:
        old = Instance(tmp_path, ["--legacy", f"http://127.0.0.1:{legacy.port}"])
        new = None
        try:
            await asyncio.to_thread(old.wait_ready)
            client = await Client.connect(old.port)
            await client.send(get())
            await client.read_head()
            new = Instance(tmp_path, ["--legacy", f"http://127.0.0.1:{legacy.port}", "--take-over"], like=old)
            await until(lambda: "relieved" in old.log, "not relieved")
            await until(lambda: new.admin("/readyz")[0] == 200, "the new one does not serve")
            other = await Client.connect(new.port)
            await other.send(get())
            go_on.set()
            for one in (client, other):
                assert (await one.read_to_end() if one is client else (await one.read_answer())[2]).endswith(
                    b"4\r\nlast\r\n0\r\n\r\n" if one is client else b"firstlast"
                )
                await one.close()
            assert await asyncio.to_thread(old.process.wait, PATIENCE) == 0
        finally:
            for instance in filter(None, (old, new)):
                await asyncio.to_thread(instance.end)


async def test_with_nobody_to_take_over_from_it_just_starts(tmp_path: Path) -> None:
    async with Origin(always(ANSWER)) as legacy:
        alone = Instance(tmp_path, ["--legacy", f"http://127.0.0.1:{legacy.port}", "--take-over"])
        try:
            await asyncio.to_thread(alone.wait_ready)
        finally:
            assert await asyncio.to_thread(alone.end) == 0


def passing_sockets(directory: Path, sockets: list[socket.socket], *options: str) -> subprocess.Popen[bytes]:
    """Serve as systemd starts it: sockets from descriptor 3 on, named, and the process id that they are meant for."""
    moves = " ".join(f"{3 + number}<&{one.fileno()}" for number, one in enumerate(sockets))
    script = f'export LISTEN_PID=$$; exec "$0" -m console serve "$@" {moves}'
    return subprocess.Popen(
        ["/bin/bash", "-c", script, sys.executable, *options],
        cwd=directory,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "LISTEN_FDS": str(len(sockets)),
            "LISTEN_FDNAMES": "data:admin",
        },
        pass_fds=[one.fileno() for one in sockets],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.promise("O6")
async def test_sockets_passed_by_systemd_outlive_restarts_without_a_failed_request(tmp_path: Path) -> None:
    """Old connections are told to close or get their answers; new ones wait in the socket until somebody is there again."""
    async with Origin(always(ANSWER)) as legacy:
        data, admin = open_port("127.0.0.1", 0, "--listen"), open_port("127.0.0.1", 0, "--admin")
        # Far from the low numbers, so that moving one does not overwrite another.
        high = [socket.socket(fileno=os.dup(one.fileno())) for port in (data, admin) for one in port.sockets]
        options = ["--legacy", f"http://127.0.0.1:{legacy.port}", "--store", f"sqlite:///{tmp_path / 's.db'}"]
        process = passing_sockets(tmp_path, high, *options)
        try:
            async with Load(data.port, [b"/1"], BODY) as load:
                for _ in range(3):
                    await load.more(300)
                    process.terminate()
                    assert await asyncio.to_thread(process.wait, PATIENCE) == 0
                    process = passing_sockets(tmp_path, high, *options)
                await load.more(100)
            assert load.failures == []
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, PATIENCE)
            for one in high:
                one.close()
            data.close()
            admin.close()
