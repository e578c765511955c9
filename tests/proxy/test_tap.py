"""The tap against a real Unix socket: what is handed over, what is dropped, and that every drop has its reason."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from proxy.model.counters import Counters
from proxy.model.decision import Skip
from proxy.model.exchange import Exchange
from proxy.model.frames import FrameReader, Kind, decode_exchange, encode_done
from proxy.tally import Meters
from proxy.tap import Tap
from tests.proxy.wire import eventually

EXCHANGE = Exchange(
    id="1", identity="ann", route="orders", table_version=1, primary="legacy", shadow="orders", started_at=1.0, first_byte=0.1, total=0.2,
    request_head=b"GET / HTTP/1.1\r\n\r\n", request_body=b"", answer_head=b"HTTP/1.1 200 OK\r\n\r\n", answer_body=b"x" * 1000,
)  # fmt: skip


class Shadow:
    """The other end: keeps the frames it reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames: list[tuple[Kind, bytes]] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.server: asyncio.Server | None = None

    async def start(self) -> None:
        self.server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        frames = FrameReader()
        with contextlib.suppress(ConnectionError):
            while True:
                await self.reading.wait()
                data = await reader.read(2**16)
                if not data:
                    break
                self.frames += frames.feed(data)
        writer.close()

    def of(self, kind: Kind) -> list[bytes]:
        return [payload for given, payload in self.frames if given is kind]

    async def die(self) -> None:
        assert self.server is not None
        self.server.close()
        self.reading.set()
        for writer in self.writers:
            writer.transport.abort()
        self.path.unlink(missing_ok=True)


@pytest.fixture
async def shadow(tmp_path: Path) -> AsyncIterator[Shadow]:
    shadow = Shadow(tmp_path / "tap.sock")
    yield shadow
    if shadow.server is not None:
        await shadow.die()


@pytest.fixture
async def meters(tmp_path: Path) -> AsyncIterator[Meters]:
    counters = Counters(tmp_path, "proxy-0-1")
    yield Meters(counters)
    counters.close()


@pytest.fixture
async def tap(shadow: Shadow, meters: Meters) -> AsyncIterator[Tap]:
    tap = Tap(shadow.path, "me", 100_000, meters, lambda: b"[]")
    running = asyncio.create_task(tap.run())
    yield tap
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await tap.close(1.0)


async def test_without_a_shadow_worker_exchanges_are_refused_with_a_reason(tap: Tap) -> None:
    assert tap.offer(EXCHANGE) is Skip.TAP_DOWN


async def test_plans_come_first_then_exchanges(tap: Tap, shadow: Shadow) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    await eventually(lambda: shadow.of(Kind.EXCHANGE))
    assert shadow.frames[0] == (Kind.PLANS, b"[]")
    assert decode_exchange(shadow.of(Kind.EXCHANGE)[0]) == EXCHANGE
    tap.table_changed()
    await eventually(lambda: len(shadow.of(Kind.PLANS)) == 2)


async def test_a_shadow_that_does_not_read_costs_copies_but_bounded_memory(tap: Tap, shadow: Shadow) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    shadow.reading.clear()
    answers = []
    for _ in range(20_000):
        answers.append(tap.offer(EXCHANGE))
        if len(answers) % 100 == 0:
            await asyncio.sleep(0)
    assert set(answers[-100:]) == {Skip.TAP_FULL}
    assert tap.waiting_bytes < 110_000
    shadow.reading.set()
    await eventually(lambda: tap.offer(EXCHANGE) is None)


async def test_what_a_dead_shadow_takes_with_it_is_counted(tap: Tap, shadow: Shadow, meters: Meters) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    for _ in range(9):
        tap.offer(EXCHANGE)
    await eventually(lambda: len(shadow.of(Kind.EXCHANGE)) == 10)
    shadow.writers[0].write(encode_done(7))
    await eventually(lambda: tap.unfinished == 3)
    await shadow.die()
    await eventually(lambda: tap.unfinished == 0)
    assert meters.cumulative()["orders"]["skipped:shadow_lost"] == 3


async def test_the_tap_comes_back_with_the_shadow(tap: Tap, shadow: Shadow) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    await eventually(lambda: shadow.of(Kind.PLANS))
    await shadow.die()
    await eventually(lambda: tap.offer(EXCHANGE) is Skip.TAP_DOWN)
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    await eventually(lambda: len(shadow.of(Kind.PLANS)) == 2)


async def test_what_comes_together_goes_out_together_and_in_its_order(tap: Tap, shadow: Shadow) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    assert tap.waiting_bytes > 1000
    tap.table_changed()
    assert tap.offer(EXCHANGE) is None
    await eventually(lambda: len(shadow.frames) == 4)
    assert [kind for kind, _ in shadow.frames] == [Kind.PLANS, Kind.EXCHANGE, Kind.PLANS, Kind.EXCHANGE]
    assert tap.waiting_bytes == 0


async def test_counts_are_cumulative_and_sent_when_they_change(tap: Tap, shadow: Shadow, meters: Meters) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    meters.of_route("orders").taken(None)
    meters.of_route("orders").taken(Skip.NOT_SAMPLED)
    tap.send_counts()
    tap.send_counts()
    meters.of_route("other").taken(Skip.NO_SHADOW)
    tap.send_counts()
    await eventually(lambda: len(shadow.of(Kind.COUNTS)) == 2)
    assert [json.loads(payload) for payload in shadow.of(Kind.COUNTS)] == [
        {"source": "me", "counts": {"orders": {"seen": 2, "copied": 1, "skipped:not_sampled": 1}}},
        {"source": "me", "counts": {"other": {"seen": 1, "copied": 0, "skipped:no_shadow": 1}}},
    ]


async def test_what_a_slow_shadow_has_not_taken_by_the_end_is_in_the_last_counts(
    tap: Tap, shadow: Shadow, meters: Meters
) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    await eventually(lambda: shadow.of(Kind.EXCHANGE))
    shadow.reading.clear()
    taken = 1
    while tap.offer(EXCHANGE) is None:
        taken += 1
        await asyncio.sleep(0)
        if tap.waiting_bytes > 80_000 and "other" not in meters.cumulative():
            meters.of_route("other").taken(None)
            tap.send_counts()
    await tap.hand_over(0.05)
    lost = meters.cumulative()["orders"]["skipped:shadow_lost"]
    assert 0 < lost < taken
    closing = asyncio.create_task(tap.close(10.0))
    shadow.reading.set()
    await closing
    await eventually(lambda: shadow.of(Kind.COUNTS))
    assert len(shadow.of(Kind.EXCHANGE)) == taken - lost
    assert json.loads(shadow.of(Kind.COUNTS)[-1])["counts"]["orders"]["skipped:shadow_lost"] == lost
    assert [json.loads(payload)["counts"]["other"]["seen"] for payload in shadow.of(Kind.COUNTS)[:-1]] == [1]


async def test_what_the_shadow_takes_in_time_is_not_lost(tap: Tap, shadow: Shadow, meters: Meters) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    for _ in range(50):
        tap.offer(EXCHANGE)
    await tap.hand_over(10.0)
    await eventually(lambda: len(shadow.of(Kind.EXCHANGE)) == 51)
    await tap.close(10.0)
    assert "orders" not in meters.cumulative()


async def test_a_shadow_that_still_writes_receipts_can_read_to_the_end(tmp_path: Path, meters: Meters) -> None:
    """A write to a socket that the other end has closed fails, and what has not been read is lost with it."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "tap.sock"))
        listening.listen()
        listening.setblocking(False)
        tap = Tap(tmp_path / "tap.sock", "me", 100_000, meters, lambda: b"[]")
        running = asyncio.create_task(tap.run())
        shadow, _ = await loop.sock_accept(listening)
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    meters.of_route("orders").taken(None)
    closing = asyncio.create_task(tap.close(10.0))
    reader, frames = FrameReader(), []
    while some := await loop.sock_recv(shadow, 64):
        frames += reader.feed(some)
        shadow.send(encode_done(0))
    shadow.close()
    await closing
    await running
    assert [kind for kind, _ in frames] == [Kind.PLANS, Kind.EXCHANGE, Kind.COUNTS]
    assert tap.offer(EXCHANGE) is Skip.TAP_DOWN


async def test_counts_and_plans_for_a_shadow_that_does_not_read_do_not_pile_up(
    tap: Tap, shadow: Shadow, meters: Meters
) -> None:
    await shadow.start()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    shadow.reading.clear()
    for number in range(20_000):
        meters.of_route("orders").taken(None)
        tap.send_counts()
        tap.table_changed()
        if number % 100 == 0:
            await asyncio.sleep(0)
    assert tap.waiting_bytes < 110_000
    assert tap.offer(EXCHANGE) is Skip.TAP_FULL
    # Nothing is lost by it: the newest plans and counts arrive before the next exchange.
    before = len(shadow.of(Kind.EXCHANGE))
    shadow.reading.set()
    await eventually(lambda: tap.offer(EXCHANGE) is None)
    await eventually(lambda: len(shadow.of(Kind.EXCHANGE)) > before)
    tap.send_counts()
    await eventually(lambda: json.loads(shadow.of(Kind.COUNTS)[-1])["counts"]["orders"]["copied"] == 20_000)
