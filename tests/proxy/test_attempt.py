"""The time limits of a try, each measured by the clock on the wall."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.proxy.conftest import Origins, Proxies, Proxy
from tests.proxy.wire import OriginConnection, eventually, get, ok

LIMIT = 0.6


async def silent(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.reader.read()


def table(port: int, *, backend: str = "", route: str = "", defaults: str = "") -> str:
    def timeouts(given: str) -> str:
        return f", timeouts: {{ {given} }}" if given else ""

    return (
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{port}'{timeouts(backend)} }}\n"
        f"defaults: {{ retries: {{ attempts: 1, when: ['503'] }}{timeouts(defaults)} }}\n"
        f"routes: [{{ name: n, match: {{ path: /n/** }}, backend: legacy{timeouts(route)} }}]\n"
    )


async def timed(running: Proxy) -> tuple[bytes, float]:
    """The head of the answer, and the seconds that it took."""
    client = await running.connect()
    began = time.monotonic()
    await client.send(get(b"/n"))
    head = await client.read_head()
    await client.close()
    return head, time.monotonic() - began


async def takes(seconds: float, run: Callable[[], Awaitable[None]]) -> None:
    """Neither sooner nor later, but for a machine that has other things to do: then its coarse clock stands, and that is measured anew."""
    for _ in range(10):
        began = time.monotonic()
        await run()
        took = time.monotonic() - began
        if seconds * 0.9 < took < seconds * 1.1:
            return
    pytest.fail(f"{took:.3f} s instead of {seconds:g} s, again and again")


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: connections to it neither come about nor fail."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
            fillers.append(filler)
        yield listening.getsockname()[1]
        for filler in fillers:
            filler.close()


@pytest.mark.promise("U1")
async def test_the_wait_for_a_connection(proxy: Proxies, full_port: int) -> None:
    running = await proxy(table(full_port, backend=f"connect: {LIMIT}s"))

    async def ask() -> None:
        assert (await timed(running))[0].startswith(b"HTTP/1.1 504 ")

    await takes(LIMIT, ask)
    assert running.count("strangler_backend_failures", kind="connect_timeout") > 0


@pytest.mark.promise("U3")
@pytest.mark.parametrize(
    "given",
    [
        {"defaults": f"first_byte: {LIMIT}s"},
        {"defaults": "first_byte: 50s", "backend": f"first_byte: {LIMIT}s"},
        {"defaults": "first_byte: 10ms", "backend": "first_byte: 20ms", "route": f"first_byte: {LIMIT}s"},
        {"defaults": f"first_byte: {LIMIT}s", "backend": "idle: 50s", "route": "connect: 10s"},
    ],
    ids=["default", "backend over default", "route over both", "what is left out comes from the defaults"],
)
async def test_the_wait_for_the_first_byte(origin: Origins, proxy: Proxies, given: dict[str, str]) -> None:
    backend = await origin(silent)
    running = await proxy(table(backend.port, **given))

    async def ask() -> None:
        assert (await timed(running))[0].startswith(b"HTTP/1.1 504 ")

    await takes(LIMIT, ask)
    assert running.count("strangler_backend_failures", kind="first_byte_timeout") > 0


@pytest.mark.promise("U4")
async def test_an_answer_that_comes_just_in_time_is_delivered(origin: Origins, proxy: Proxies) -> None:
    async def slow(connection: OriginConnection) -> None:
        await connection.read_head()
        await asyncio.sleep(1.4)
        await connection.send(ok())

    backend = await origin(slow)
    running = await proxy(table(backend.port, backend="first_byte: 2s, idle: 50ms"))
    head, took = await timed(running)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert took >= 1.4


@pytest.mark.promise("U4")
async def test_the_first_byte_is_waited_for_from_the_end_of_the_request(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(silent)
    running = await proxy(table(backend.port, backend="first_byte: 300ms, idle: 10s"))

    async def ask() -> None:
        client = await running.connect()
        await client.send(b"PUT /n HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
        await asyncio.sleep(0.4)
        await client.send(b"b")
        assert (await client.read_head()).startswith(b"HTTP/1.1 504 ")

    await takes(0.7, ask)


@pytest.mark.promise("U5")
async def test_the_silence_begins_anew_with_every_byte_and_cuts_the_answer_when_it_is_too_long(
    origin: Origins, proxy: Proxies
) -> None:
    async def drip(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(6):
            await asyncio.sleep(0.12)
            await connection.send(b"x")
        await connection.reader.read()

    backend = await origin(drip)
    running = await proxy(table(backend.port, backend="idle: 600ms"))

    async def ask() -> None:
        client = await running.connect()
        await client.send(get(b"/n"))
        assert (await client.read_to_end()).endswith(b"\r\n\r\nxxxxxx")

    await takes(6 * 0.12 + 0.6, ask)
    assert running.count("strangler_backend_failures", kind="idle_timeout") > 0


@pytest.mark.promise("U5")
async def test_the_limit_for_the_whole_ends_what_drips_for_ever(origin: Origins, proxy: Proxies) -> None:
    async def drip(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while not connection.reader.at_eof():
            await connection.send(b"x")
            await asyncio.sleep(0.05)

    backend = await origin(drip)
    running = await proxy(table(backend.port, route=f"total: {LIMIT}s, idle: 300ms"))

    async def ask() -> None:
        client = await running.connect()
        await client.send(get(b"/n"))
        assert (await client.read_to_end()).endswith(b"x")

    await takes(LIMIT, ask)
    assert running.count("strangler_backend_failures", kind="total_timeout") > 0


async def test_each_try_has_its_own_wait_for_the_first_byte(origin: Origins, proxy: Proxies) -> None:
    """The first answers late that it is busy; the second one has the whole time again."""
    tries: list[float] = []

    async def late(connection: OriginConnection) -> None:
        await connection.read_head()
        tries.append(time.monotonic())
        await asyncio.sleep(0.6)
        busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        await connection.send(busy if len(tries) == 1 else ok())

    backend = await origin(late)
    running = await proxy(table(backend.port, backend="first_byte: 1s"))
    head, took = await timed(running)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert took >= 1.2


@pytest.mark.promise("U4")
async def test_an_answer_that_came_while_we_stood_still_is_not_late(proxy: Proxies) -> None:
    """As after SIGSTOP and SIGCONT, or on a machine that had no time for us: what lies in the socket is read first."""
    asked, standing, answered = threading.Event(), threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                asked.set()
                standing.wait(10)
                connection.sendall(ok())
                answered.set()
                connection.recv(65536)

        backend = threading.Thread(target=answer)
        backend.start()
        running = await proxy(table(listening.getsockname()[1], backend="first_byte: 1500ms"))
        client = await running.connect()
        await client.send(get(b"/n"))
        await eventually(asked.is_set)
        standing.set()
        assert answered.wait(10)  # the loop stands, which is what is tested
        time.sleep(1.6)  # noqa: ASYNC251 - and here too, until the time is over
        assert (await client.read_head()).startswith(b"HTTP/1.1 200 ")
        running.live.backends.close()
        await client.close()
        backend.join(10)
