"""Load shedding on a real live path. Pressure is said, not made: what measures it is tested in test_pressure.py."""

from __future__ import annotations

import json
import logging

import pytest

from proxy.limits.shedding import Pressure, Step
from tests.proxy.conftest import Origins, Proxies, Proxy, to_legacy
from tests.proxy.wire import OriginConnection, always, eventually, get, ok

SHADOWED = """\
  orders: {{ url: "http://127.0.0.1:{port}" }}
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100% }}
"""


async def press(running: Proxy, pressure: Pressure, step: Step) -> None:
    running.live.shedder.measure = lambda _: pressure
    await eventually(lambda: running.live.shedder.step is step, f"never came to {step.word}")


async def answers_all_but_one(connection: OriginConnection) -> None:
    while b" /held " not in await connection.read_head():
        await connection.send(ok())
    await connection.reader.read()


async def hold_one(running: Proxy) -> None:
    """From now on one request is under way. While none is, one is let in whatever the pressure, with the next tick."""
    client = await running.connect()
    await client.send(get(b"/held"))
    await eventually(lambda: next(running.live.passages(), None))


class Slow:
    """A backend that begins its answers at once and ends them when told to."""

    def __init__(self) -> None:
        self.waiting: list[OriginConnection] = []

    async def __call__(self, connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            self.waiting.append(connection)

    async def finish(self) -> None:
        waiting, self.waiting = self.waiting, []
        for connection in waiting:
            await connection.send(b"world")


@pytest.mark.promise("C13")
async def test_copies_for_the_shadow_go_first_and_users_do_not_notice(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port, SHADOWED.format(port=backend.port)))
    client = await running.connect()
    await press(running, Pressure(memory=0.6), Step.NO_COPIES)
    for _ in range(3):
        await client.send(get(b"/orders/1"))
        status, head, body = await client.read_answer()
        assert (status, body) == (200, b"hello")
        assert b"connection" not in head.lower()
    assert running.count("strangler_skipped", route="orders", reason="overload") == 3
    assert running.count("strangler_seen", route="orders") == 3
    assert running.count("strangler_shed", what="copy", mode="enforce") == 3
    assert running.count("strangler_refused") == 0


@pytest.mark.promise("C13", "O9")
async def test_a_copy_in_the_making_is_given_up_and_its_memory_is_free(origin: Origins, proxy: Proxies) -> None:
    slow = Slow()
    backend = await origin(slow)
    running = await proxy(to_legacy(backend.port, SHADOWED.format(port=backend.port)))
    client = await running.connect()
    await client.send(get(b"/orders/1"))
    await client.read_head()
    assert await client.read_exactly(5) == b"hello"
    (passage,) = (client.passage for client in running.live.clients)
    assert passage is not None
    assert passage.tee is not None
    assert passage.tee.answer
    await press(running, Pressure(loop=0.6), Step.NO_COPIES)
    assert not passage.tee.answer
    await slow.finish()
    assert await client.read_exactly(5) == b"world"
    await eventually(lambda: running.count("strangler_skipped", route="orders", reason="overload") == 1)


@pytest.mark.promise("C13")
async def test_then_keep_alive_ends_for_idle_connections_soon_for_others_with_their_answer(
    origin: Origins, proxy: Proxies
) -> None:
    slow = Slow()
    backend = await origin(slow)
    running = await proxy(to_legacy(backend.port))
    idle, busy, late = await running.connect(), await running.connect(), await running.connect()
    for client in (idle, late, busy):
        await client.send(get())
        await eventually(lambda: len(slow.waiting) == 1)
        if client is not busy:
            await slow.finish()
            await client.read_answer()
    await press(running, Pressure(connections=0.8), Step.NO_KEEP_ALIVE)
    assert running.count("strangler_shed", what="connection", mode="enforce") == 2
    await late.send(get())  # it crosses with our wish to close
    await eventually(lambda: len(slow.waiting) == 2)
    assert await idle.read_to_end() == b""
    await slow.finish()
    assert (await busy.read_answer())[2] == b"helloworld"  # its head was sent before
    assert b"\r\nConnection: close\r\n" in await late.read_head()
    assert await late.read_to_end() == b"helloworld"
    await busy.send(get())
    await eventually(lambda: len(slow.waiting) == 1)
    await slow.finish()
    assert b"\r\nConnection: close\r\n" in await busy.read_head()


@pytest.mark.promise("C13")
async def test_then_new_requests_are_refused_and_accepted_ones_still_finish(origin: Origins, proxy: Proxies) -> None:
    slow = Slow()
    backend = await origin(slow)
    running = await proxy(to_legacy(backend.port))
    accepted, refused = await running.connect(), await running.connect()
    await accepted.send(get())
    await eventually(lambda: slow.waiting)
    await press(running, Pressure(loop=1.3), Step.REFUSE)
    await refused.send(get())
    status, head, body = await refused.read_answer()
    assert status == 503
    assert b"\r\nRetry-After: " in head
    assert b"\r\nContent-Type: application/problem+json\r\n" in head
    assert b"\r\nConnection: close\r\n" in head
    assert json.loads(body)["request_id"]
    assert running.count("strangler_refused", reason="overload") == 1
    await slow.finish()
    assert (await accepted.read_answer())[::2] == (200, b"helloworld")
    assert len(backend.heads) == 1


async def test_before_all_are_refused_half_of_them_are(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answers_all_but_one)
    running = await proxy(to_legacy(backend.port))
    await hold_one(running)
    await press(running, Pressure(memory=1.1), Step.REFUSE_HALF)
    answers = []
    for drawn in (0.49, 0.5, 0.0, 0.99):
        running.live.dice = lambda drawn=drawn: drawn  # type: ignore[misc]
        client = await running.connect()
        await client.send(get())
        answers.append((await client.read_answer())[0])
    assert answers == [503, 200, 503, 200]


@pytest.mark.promise("O9")
async def test_a_limit_that_is_always_exceeded_lets_one_request_at_a_time_through(
    origin: Origins, proxy: Proxies
) -> None:
    slow = Slow()
    backend = await origin(slow)
    running = await proxy(to_legacy(backend.port))
    await press(running, Pressure(memory=40.0), Step.REFUSE)
    await eventually(lambda: running.live.shedder._spare)
    first, second = await running.connect(), await running.connect()
    await first.send(get())
    await eventually(lambda: slow.waiting)
    await second.send(get())
    assert (await second.read_answer())[0] == 503
    await slow.finish()
    assert (await first.read_answer())[0] == 200


async def test_where_it_only_observes_it_counts_and_serves(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answers_all_but_one)
    table = to_legacy(backend.port, SHADOWED.format(port=backend.port) + "overload: { mode: observe }\n")
    running = await proxy(table)
    client = await running.connect()
    await hold_one(running)
    await press(running, Pressure(loop=9.0), Step.NO_ACCEPT)
    for _ in range(2):
        await client.send(get(b"/orders/1"))
        status, head, _ = await client.read_answer()
        assert status == 200
        assert b"connection" not in head.lower()
    assert running.live.shedder.accepts
    assert running.count("strangler_refused") == 0
    assert running.count("strangler_skipped", reason="overload") == 0
    assert running.count("strangler_shed", what="copy", mode="observe") == 2
    assert running.count("strangler_shed", what="request", mode="observe") == 2


async def test_what_is_shed_and_why_is_told_and_when_it_is_over_nothing_is_left_of_it(
    origin: Origins, proxy: Proxies, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "proxy.limits.overload")
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    await press(running, Pressure(loop=0.1, memory=0.8), Step.NO_KEEP_ALIVE)
    assert running.live.closing
    await eventually(lambda: running.count("strangler_shed_step", worker="0") == 2)
    assert running.count("strangler_pressure", worker="0", of="memory") == 80
    await press(running, Pressure(), Step.NONE)
    await eventually(lambda: not running.live.closing)
    assert running.live.shed is None
    assert running.count("strangler_shed_step", worker="0") == 0
    client = await running.connect()
    await client.send(get())
    assert b"connection" not in (await client.read_answer())[1].lower()
    up, down = (vars(record) for record in caplog.records if record.message == "load shedding")
    assert (up["before"], up["step"], up["levelname"]) == ("none", "no_keep_alive", "WARNING")
    assert up["pressure"] == {"loop": 0.1, "memory": 0.8, "connections": 0.0}
    assert (down["before"], down["step"], down["levelname"]) == ("no_keep_alive", "none", "INFO")


async def test_idle_connections_are_closed_a_few_at_a_time(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.limits.overload.CLOSED_AT_ONCE", 2)
    monkeypatch.setattr("proxy.accept.LAST_WORD_SECONDS", 0.1)
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    for _ in range(5):
        client = await running.connect()
        await client.send(get())
        await client.read_answer()
    shedder = running.live.shedder
    shedder.measure = lambda _: Pressure(memory=0.8)
    shedder.tick(running.live.now)
    assert running.count("strangler_shed", what="connection") == 2
    await eventually(lambda: running.count("strangler_shed", what="connection") == 5)
    await eventually(lambda: not running.live.clients)
