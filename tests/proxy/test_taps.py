"""Several taps on real Unix sockets: each shadow worker gets its users, one of them the counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from proxy.model.counted import read_counters
from proxy.model.counters import Counters
from proxy.model.decision import Skip
from proxy.model.frames import Kind, decode_exchange
from proxy.model.settings import Settings
from proxy.tally import Meters
from proxy.taps import Taps
from tests.proxy.test_spread import TABLE
from tests.proxy.test_tap import EXCHANGE, Shadow
from tests.proxy.wire import eventually

USERS = [EXCHANGE._replace(identity=f"user-{number}") for number in range(30)]


@pytest.fixture
async def shadows(tmp_path: Path) -> AsyncIterator[list[Shadow]]:
    shadows = [Shadow(path) for path in settings(tmp_path).tap_paths]
    for shadow in shadows:
        await shadow.start()
    yield shadows
    for shadow in shadows:
        await shadow.die()


@pytest.fixture
async def taps(tmp_path: Path, shadows: list[Shadow]) -> AsyncIterator[Taps]:
    counters = Counters(tmp_path, "proxy-0-1")
    meters = Meters(counters)
    meters.of("orders", "legacy").route.taken(None)
    taps = Taps(settings(tmp_path), "me", b"k" * 32, meters, lambda: b"[]", TABLE)
    running = asyncio.create_task(taps.run())
    await eventually(lambda: all(shadow.of(Kind.PLANS) for shadow in shadows))
    yield taps
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await taps.close()
    counters.close()


def settings(tmp_path: Path) -> Settings:
    return Settings(run_dir=str(tmp_path), shadow_workers=3)


def identities(shadow: Shadow) -> list[str]:
    return [decode_exchange(frame).identity for frame in shadow.of(Kind.EXCHANGE)]


def dropped(tmp_path: Path) -> dict[tuple[str, str], int]:
    rows = read_counters(tmp_path)
    return {
        (labels["worker"], labels["reason"]): n for _, name, labels, n in rows if name == "strangler_tap_dropped" and n
    }


async def test_each_user_comes_to_one_shadow_worker(taps: Taps, shadows: list[Shadow]) -> None:
    for exchange in USERS * 2:
        assert taps.offer(exchange) is None
    await eventually(lambda: sum(len(identities(shadow)) for shadow in shadows) == 2 * len(USERS))
    sets = [set(identities(shadow)) for shadow in shadows]
    assert all(sets)
    assert sum(map(len, sets)) == len(USERS)


async def test_plans_go_to_all_and_counts_to_the_first(taps: Taps, shadows: list[Shadow]) -> None:
    taps.use(TABLE)
    await eventually(lambda: all(len(shadow.of(Kind.PLANS)) == 2 for shadow in shadows))
    await eventually(lambda: shadows[0].of(Kind.COUNTS))
    assert [len(shadow.of(Kind.COUNTS)) for shadow in shadows[1:]] == [0, 0]


async def test_a_dead_shadow_worker_costs_its_own_users_copies_and_says_so(
    taps: Taps, shadows: list[Shadow], tmp_path: Path
) -> None:
    for exchange in USERS:
        assert taps.offer(exchange) is None
    await eventually(lambda: sum(len(identities(shadow)) for shadow in shadows) == len(USERS))
    own = set(identities(shadows[1]))
    await shadows[1].die()
    await eventually(lambda: dropped(tmp_path) == {("1", "shadow_lost"): len(own)})
    said = {exchange.identity: taps.offer(exchange) for exchange in USERS}
    assert {identity for identity, skip in said.items() if skip is Skip.TAP_DOWN} == own
    assert {skip for identity, skip in said.items() if identity not in own} == {None}
    assert dropped(tmp_path) == {("1", "shadow_lost"): len(own), ("1", "tap_down"): len(own)}


async def test_memory_is_shared_out(tmp_path: Path, shadows: list[Shadow], taps: Taps) -> None:
    for shadow in shadows:
        shadow.reading.clear()
    large = EXCHANGE._replace(answer_body=b"x" * 500_000)
    skips = [taps.offer(large._replace(identity=f"user-{number}")) for number in range(200)]
    assert set(skips) == {None, Skip.TAP_FULL}
    assert 16_000_000 < taps.waiting_bytes < Settings().tap_bytes + 3 * 600_000
    for shadow in shadows:
        shadow.reading.set()
