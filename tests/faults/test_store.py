"""The store fails in every way that a file can: users notice nothing, the operator does, and it heals without a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.conftest import ROUNDS
from tests.faults.site import Users, order, site, stream, table
from tests.integration.test_faults import instance, until
from tests.proxy.wire import Origin


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Somebody else's transaction does not end."""
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def corrupt(store: Path) -> Iterator[None]:
    """Overwritten; then taken away by somebody who has read the log."""
    for file in store.parent.glob(f"{store.name}-*"):
        file.unlink()
    other = store.with_suffix(".other")
    other.write_bytes(b"this is no database" * 1000)
    other.replace(store)
    yield
    store.unlink()


@contextmanager
def in_the_way(store: Path) -> Iterator[None]:
    """Nothing can be written where it was, not even by root."""
    for file in (*store.parent.glob(f"{store.name}-*"), store):
        file.unlink()
    store.mkdir()
    yield
    store.rmdir()


@pytest.mark.promise("O1")
@pytest.mark.parametrize("fault", [locked, corrupt, in_the_way])
async def test_a_store_that_fails_costs_results_that_are_counted_and_no_request(
    tmp_path: Path, fault: Callable[[Path], contextmanager[None]]
) -> None:
    async with (
        Origin(site) as legacy,
        Origin(site) as orders,
        instance(tmp_path, table(legacy.port, orders.port)) as running,
    ):
        users = Users(running.port)
        users.come(order, 3)
        users.come(stream, 1)
        store = tmp_path / "strangler.db"
        await until(lambda: running.report()["orders"]["outcomes"]["match"] > 0, "nothing was recorded")
        for _ in range(max(1, ROUNDS // 8)):
            with fault(store):
                await until(lambda: b"strangler_store_bad 1.0" in running.admin("/metrics")[1], "nobody noticed", 60)
                assert b"strangler_store_failures_total 0.0" not in running.admin("/metrics")[1]
                assert running.admin("/readyz")[0] == 200
                await users.more(50)
            await until(lambda: b"strangler_store_bad 0.0" in running.admin("/metrics")[1], "it did not heal", 60)
        await users.more(20)
        await until(lambda: running.report()["orders"]["outcomes"]["match"] > 0, "nothing is recorded any more")
        await users.leave()
        assert users.failures == []
        assert "the store refuses results" in running.log
        # Log lines leave ten times a second.
        await until(lambda: "the store takes results again" in running.log, "nobody said that it healed")
