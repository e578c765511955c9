"""Attacks on resources: http-promises.md section 7.7, against a whole instance with one worker, whose memory is measured from outside."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import resource
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from tests.integration.instance import Instance
from tests.proxy.conftest import Origins
from tests.proxy.wire import Client, OriginConnection, always, get, ok

pytestmark = [pytest.mark.heavy, pytest.mark.alone]

MIB = 2**20
SLOW = 1.0
"""Seconds that a request of an ordinary client may take during an attack; an idle machine needs some milliseconds."""
STRAGGLERS = 10
"""One in so many may take longer: a machine that others use stands still for a second now and then."""
SLOWEST = 10.0


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[int]:
    """As many open files as we may have, here and in the instance."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(autouse=True)
async def no_attacker_is_left() -> AsyncIterator[None]:
    """Also where a test fails: what it leaves open would be told of in the next ones."""
    yield
    for transport in list(Attacker.connected):
        transport.abort()
    await asyncio.sleep(0)


class Attacker(asyncio.Protocol):
    """A connection that sends what it is told to, and reads or does not."""

    connected: ClassVar[set[asyncio.Transport]] = set()

    def __init__(self) -> None:
        self.received = b""
        self.closed = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name
        self.connected.add(self.transport)

    def data_received(self, data: bytes) -> None:
        self.received += data

    def connection_lost(self, _error: Exception | None) -> None:
        self.closed = True
        self.connected.discard(self.transport)

    def send(self, data: bytes) -> None:
        if not self.closed:
            self.transport.write(data)


async def attackers(instance: Instance, number: int, first: bytes = b"") -> list[Attacker]:
    loop = asyncio.get_running_loop()
    started: list[Attacker] = []
    for _ in range(number):
        _, attacker = await loop.create_connection(Attacker, "127.0.0.1", instance.port)
        attacker.send(first)
        started.append(attacker)
    return started


async def until(condition: Callable[[], object], what: str, patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.05)


async def ordinary_clients_are_served(instance: Instance, number: int = 100) -> None:
    took = []
    for _ in range(number):
        began = time.monotonic()
        client = await Client.connect(instance.port)
        await client.send(get(b"/ordinary"))
        assert (await client.read_answer())[0] == 200
        await client.close()
        took.append(time.monotonic() - began)
    assert max(took) < SLOWEST
    assert sum(seconds >= SLOW for seconds in took) <= number // STRAGGLERS


def table(directory: Path, port: int, more: str = "") -> str:
    path = directory / "routes.yaml"
    path.write_text(f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{port}' }}\n{more}", encoding="utf-8")
    return str(path)


def memory(pid: int) -> int:
    """Bytes that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@asynccontextmanager
async def attacked(directory: Path, port: int, more: str = "") -> AsyncIterator[tuple[Instance, int]]:
    """An instance and the process id of its worker. What waits for it does so in a thread: the backend's loop is ours."""
    instance = Instance(directory, ["--config", table(directory, port, more), "--workers", "1"])
    try:
        await asyncio.to_thread(instance.wait_ready)
        (pid,) = instance.pids("proxy")
        yield instance, pid
        assert instance.pids("proxy") == [pid], instance.log
        assert "Traceback" not in instance.log
    finally:
        await asyncio.to_thread(instance.end)


@pytest.mark.promise("B141", "C3")
async def test_two_thousand_slow_heads_stop_nobody_and_are_cut(origin: Origins, tmp_path: Path) -> None:
    backend = await origin(always(ok()))
    async with attacked(tmp_path, backend.port, "limits: { head_time: 4s }\n") as (instance, pid):
        before = memory(pid)
        slow = await attackers(instance, 2000, b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for _ in range(5):
            for attacker in slow:
                attacker.send(b"a")
            await ordinary_clients_are_served(instance, 20)
        assert memory(pid) - before < 2000 * 16 * 1024
        await until(lambda: all(attacker.closed for attacker in slow), "slow heads were not cut")
        assert sum(attacker.received.startswith(b"HTTP/1.1 408 ") for attacker in slow) == 2000
        await ordinary_clients_are_served(instance)


@pytest.mark.promise("B141", "C4")
async def test_five_hundred_slow_bodies_stop_nobody_and_are_cut(origin: Origins, tmp_path: Path) -> None:
    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            if head.startswith(b"POST"):
                await connection.reader.read()
                return
            await connection.send(ok())

    backend = await origin(handler)
    more = "defaults: { timeouts: { idle: 3s } }\n"
    async with attacked(tmp_path, backend.port, more) as (instance, pid):
        before = open_files(pid)
        slow = await attackers(instance, 500, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        await ordinary_clients_are_served(instance)
        await until(lambda: all(attacker.closed for attacker in slow), "slow bodies were not cut")
        assert all(attacker.received.startswith(b"HTTP/1.1 408 ") for attacker in slow)
        await until(lambda: open_files(pid) < before + 20, "connections to the backend were kept")
        await ordinary_clients_are_served(instance)


@pytest.mark.promise("B141", "C5")
async def test_fifty_readers_that_do_not_read_stop_nobody_and_are_cut(origin: Origins, tmp_path: Path) -> None:
    piece = bytes(64 * 1024)

    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            if b"/ordinary" in head:
                await connection.send(ok())
            else:
                await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (800 * len(piece)))
                for _ in range(800):
                    await connection.send(piece)

    backend = await origin(handler)
    more = "defaults: { timeouts: { idle: 3s } }\n"
    async with attacked(tmp_path, backend.port, more) as (instance, pid):
        before = memory(pid)
        slow = await attackers(instance, 50)
        for attacker in slow:
            attacker.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport reads too
            attacker.send(get(b"/big"))
        await ordinary_clients_are_served(instance)
        assert memory(pid) - before < 50 * MIB
        held = open_files(pid)
        await until(lambda: open_files(pid) <= held - 50, "readers that do not read were not cut", 40.0)
        for attacker in slow:
            attacker.transport.abort()
        await ordinary_clients_are_served(instance)


@pytest.mark.promise("B142")
async def test_a_storm_of_connections_leaves_nothing_behind(origin: Origins, tmp_path: Path) -> None:
    backend = await origin(always(ok()))
    async with attacked(tmp_path, backend.port) as (instance, pid):
        await ordinary_clients_are_served(instance)
        before, files = memory(pid), open_files(pid)
        for _ in range(100):
            storm = await asyncio.gather(
                *(asyncio.open_connection("127.0.0.1", instance.port) for _ in range(100)), return_exceptions=True
            )
            for one in storm:
                assert not isinstance(one, BaseException)
                one[1].transport.abort()
        await until(lambda: open_files(pid) <= files + 5, "connections were kept")
        assert memory(pid) - before < 16 * MIB
        await ordinary_clients_are_served(instance)


async def flood(instance: Instance, requests: Iterator[bytes], number: int) -> None:
    """Pipelined in batches on one connection after the other."""
    for _ in range(number // 500):
        client = await Client.connect(instance.port)
        client.writer.write(b"".join(next(requests) for _ in range(500)))
        for _ in range(500):
            assert (await client.read_answer())[0] == 200
        await client.close()


def series(instance: Instance) -> int:
    return instance.admin("/metrics")[1].count(b"\n")


def distinct() -> Iterator[bytes]:
    """Path, host, field names, user agent, query and cookie: nothing ever comes twice."""
    number = 0
    while True:
        number += 1
        n = b"%d" % number
        lines = [b"X-Name-" + n + b": 1", b"User-Agent: " + n, b"Cookie: session=" + n + b"; c" + n + b"=1"]
        yield (
            b"GET /"
            + n
            + b"/x?q="
            + n
            + b" HTTP/1.1\r\nHost: h"
            + n
            + b".example\r\n"
            + b"\r\n".join(lines)
            + b"\r\n\r\n"
        )


@pytest.mark.promise("B143", "B144")
async def test_what_never_comes_twice_fills_no_memory(origin: Origins, tmp_path: Path) -> None:
    legacy, new = await origin(always(ok())), await origin(always(ok()))
    more = (
        f"  new: {{ url: 'http://127.0.0.1:{new.port}' }}\n"
        "defaults: { identity: [{ cookie: session }] }\n"
        "routes:\n  - { name: all, match: { path: /** }, split: { legacy: 1, new: 1 } }\n"
    )
    async with attacked(tmp_path, legacy.port, more) as (instance, pid):
        requests = distinct()
        await flood(instance, requests, 6_000)  # fills what is bounded by thousands
        before, known = memory(pid), series(instance)
        await flood(instance, requests, 12_000)
        assert memory(pid) - before < 6 * MIB
        assert series(instance) <= known + 5


@pytest.mark.promise("B145")
@pytest.mark.parametrize("reads", [True, False], ids=["read", "unread"])
async def test_a_compressed_bomb_passes_as_it_is(origin: Origins, tmp_path: Path, reads: bool) -> None:
    bomb = gzip.compress(bytes(64 * MIB), 9)

    async def handler(connection: OriginConnection) -> None:
        head = await connection.read_head()
        if head.startswith(b"GET"):
            await connection.send(ok())
        elif reads:
            body = await connection.read_exactly(len(bomb))
            await connection.send(ok(hashlib.sha256(body).hexdigest().encode(), b"Content-Encoding: identity"))
        else:
            await connection.send(ok(b"no thanks", b"Connection: close"))

    backend = await origin(handler)
    async with attacked(tmp_path, backend.port) as (instance, pid):
        before = memory(pid)
        client = await Client.connect(instance.port)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
        client.writer.write(head + bomb)
        status, _, body = await client.read_answer()
        assert status == 200
        await client.close()
        assert body == (hashlib.sha256(bomb).hexdigest().encode() if reads else b"no thanks")
        assert memory(pid) - before < 16 * MIB
        await ordinary_clients_are_served(instance, 5)


async def test_an_idle_connection_costs_little(origin: Origins, tmp_path: Path, many_files: int) -> None:
    """The figure stands in docs/reference/limits.md. 10,000 of them, each after one request, if so many files may be open: the worker takes
    clients for half of them."""
    number = min(10_000, many_files // 2 - 300)
    backend = await origin(always(ok()))
    async with attacked(tmp_path, backend.port) as (instance, pid):
        await ordinary_clients_are_served(instance)
        before = memory(pid)
        idle: list[Attacker] = []
        while len(idle) < number:
            some = await attackers(instance, min(200, number - len(idle)), get(b"/once", b"User-Agent: idle"))
            await until(lambda: all(one.received.endswith(b"hello") for one in some), "not all were answered")  # noqa: B023
            idle += some
        each = (memory(pid) - before) / number
        assert each < 12 * 1024, f"{each:.0f} bytes for each of {number} idle connections"
        await ordinary_clients_are_served(instance)
        for attacker in idle:
            attacker.transport.abort()
