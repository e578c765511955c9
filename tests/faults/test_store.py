"""The store fails in every way that a file can: users notice nothing, the operator does, and it heals without a restart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.conftest import ROUNDS
from tests.faults.site import Users, assert_sound, order, site, stream, table
from tests.integration.test_faults import instance, until
from tests.proxy.wire import Origin
from tests.small_disk import small_disk


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Somebody else's transaction does not end."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def in_the_way(store: Path) -> Iterator[None]:
    """Nothing can be written where it was, not even by root."""
    for file in (*store.parent.glob(f"{store.name}-*"), store):
        file.unlink()
    store.mkdir()
    yield
    store.rmdir()


@contextmanager
def folder_gone(store: Path) -> Iterator[None]:
    """A volume that is not mounted for a while."""
    away = store.parent.with_name("away")
    store.parent.rename(away)
    yield
    away.rename(store.parent)


@contextmanager
def full(store: Path) -> Iterator[None]:
    """Not a byte is left on the disk."""
    ballast = store.with_name("ballast")
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    yield
    ballast.unlink()


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where the store lies: on a small disk of its own if that is to become full."""
    folder = tmp_path / "store"
    folder.mkdir()
    if request.getfixturevalue("fault") is not full:
        yield folder
        return
    with small_disk(folder):
        yield folder


@pytest.mark.promise("O1")
@pytest.mark.parametrize("fault", [locked, in_the_way, folder_gone, full])
async def test_a_store_that_fails_costs_results_that_are_counted_and_no_request(
    tmp_path: Path, folder: Path, fault: Callable[[Path], contextmanager[None]]
) -> None:
    store = folder / "strangler.db"
    async with (
        Origin(site) as legacy,
        Origin(site) as orders,
        instance(tmp_path, table(legacy.port, orders.port), "--store", f"sqlite:///{store}") as running,
    ):
        users = Users(running.port)
        users.come(order, 3)
        users.come(stream, 1)
        await until(lambda: running.report()["orders"]["outcomes"]["match"] > 0, "nothing was recorded")
        rounds = 1 if fault is full else max(1, ROUNDS // 8)  # later SQLite writes its log again, which needs no room
        for _ in range(rounds):
            with fault(store):
                await until(lambda: b"strangler_store_bad 1.0" in running.admin("/metrics")[1], "nobody noticed", 60)
                assert b"strangler_store_failures_total 0.0" not in running.admin("/metrics")[1]
                assert running.admin("/readyz")[0] == 200
                health = json.loads(running.admin("/healthz")[1])
                assert health["status"] == "degraded"
                assert any("the store refuses results" in reason for reason in health["reasons"])
                await users.more(50)
            await until(lambda: b"strangler_store_bad 0.0" in running.admin("/metrics")[1], "it did not heal", 60)
        await users.more(20)
        await until(lambda: running.report()["orders"]["outcomes"]["match"] > 0, "nothing is recorded any more")
        await users.leave()
        assert users.failures == []
        assert running.log.count("the store refuses results") == rounds
        assert set_aside_in(folder) == []
        # Log lines leave ten times a second.
        await until(lambda: "the store takes results again" in running.log, "nobody said that it healed")


def set_aside_in(folder: Path) -> list[Path]:
    return list(folder.glob("strangler.db.broken-*Z"))


def spoiled(store: Path) -> None:
    """A disk that has lost what was written."""
    for file in (store.with_name(f"{store.name}-wal"), store):
        length = file.stat().st_size
        with file.open("r+b") as spoiling:
            spoiling.write(b"\xa5" * length)


def replaced(store: Path) -> None:
    """Somebody copied the wrong file."""
    other = store.with_suffix(".other")
    other.write_bytes(b"this is no database" * 1000)
    other.replace(store)


@pytest.mark.promise("O1")
@pytest.mark.parametrize(("fault", "workers"), [(spoiled, 1), (spoiled, 3), (replaced, 1), (replaced, 3)])
async def test_a_damaged_store_is_set_aside_and_a_new_one_begins_while_traffic_goes_on(
    tmp_path: Path, fault: Callable[[Path], None], workers: int
) -> None:
    async with (
        Origin(site) as legacy,
        Origin(site) as orders,
        instance(tmp_path, table(legacy.port, orders.port), "--shadow-workers", str(workers)) as running,
    ):
        users = Users(running.port)
        users.come(order, 3)
        store = tmp_path / "strangler.db"
        await until(lambda: running.report()["orders"]["outcomes"]["match"] > 0, "nothing was recorded")
        fault(store)
        # Asking for the report is what finds damage that no batch meets.
        await until(
            lambda: running.report()["orders"]["epoch"]["mark"], "the new store does not say that it is one", 60
        )
        (aside,) = set_aside_in(tmp_path)
        mark = running.report()["orders"]["epoch"]["mark"]
        assert mark["who"] == "strangler"
        assert f"set aside as {aside.name}; evidence from before is not counted" in mark["reason"]
        await until(lambda: running.report()["orders"]["outcomes"]["match"] > 0, "nothing is recorded any more")
        health = json.loads(running.admin("/healthz")[1])
        assert health["status"] == "degraded"
        assert [aside.name in reason for reason in health["reasons"]] == [True]
        assert running.admin("/readyz")[0] == 200
        assert aside.name.encode() in running.admin("/")[1]
        assert b"strangler_store_bad 0.0" in running.admin("/metrics")[1]
        await users.more(20)
        await users.leave()
        assert users.failures == []
        await until(lambda: running.log.count("evidence from before is not counted") == 1, "not logged once")
        assert_sound(store)
