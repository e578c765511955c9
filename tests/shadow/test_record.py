"""The recorder: batches into a real SQLite file, and what happens when the file does not want them."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from proxy.model.counted import read_counters
from proxy.model.counters import Counters
from proxy.model.decision import Skip
from proxy.model.keep import Keep
from shadow import record
from shadow.meters import Meters
from shadow.model import Outcome
from shadow.record import Recorder
from shadow.store import DamagedStore
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, pair, result
from tests.shadow.tap import plan_for, summaries, until


class Receipts:
    def __init__(self) -> None:
        self.count = 0

    def dealt_with(self, count: int) -> None:
        self.count += count


class Counting:
    """Counters in a folder of their own, read back as (metric, labels) -> value."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counters = Counters(folder, "shadow-0-1")

    def __call__(self, metric: str, **labels: str) -> int:
        return sum(
            n for _, name, found, n in read_counters(self.folder) if name == metric and labels.items() <= found.items()
        )


@pytest.fixture
def counted(tmp_path: Path) -> Any:
    (tmp_path / "run").mkdir()
    counting = Counting(tmp_path / "run")
    yield counting
    counting.counters.close()


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "s.db")


Start = Callable[..., Recorder]


@pytest.fixture
async def start(counted: Counting, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr(record, "RETRY_SECONDS", (0.01, 0.01))
    monkeypatch.setattr(record, "LAST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(record, "BATCH_SECONDS", 0.02)
    monkeypatch.setattr("shadow.store.connect.LOCKED_SECONDS", 0.01)
    started = []

    def begin(chosen: SqliteStore = store) -> Recorder:
        recorder = Recorder(chosen, Meters(counted.counters))
        recorder.start()
        recorder.plans({"orders": plan_for("http://a", "http://b")})
        started.append(recorder)
        return recorder

    yield begin
    for recorder in started:
        await recorder.close(5)


async def test_results_are_receipted_and_counted_once_they_are_committed(
    start: Start, store: SqliteStore, counted: Counting
) -> None:
    recorder, receipts = start(), Receipts()
    for _ in range(500):
        recorder.pair(result(), receipts)
    recorder.skipped("orders", "r1", Skip.SHADOW_BUSY, receipts)
    await until(lambda: receipts.count == 501)
    summary = store.summaries()[0]
    assert summary.outcomes == {Outcome.MATCH: 500}
    assert summary.skipped == {"shadow_busy": 1}
    assert counted("strangler_shadow_outcomes", route="orders", outcome="match") == 500
    assert counted("strangler_skipped", route="orders", reason="shadow_busy") == 1


async def test_only_the_newest_cumulative_counts_are_written(start: Start, store: SqliteStore) -> None:
    recorder = start()
    for n in range(1, 50):
        recorder.told("p", "orders", "r1", {"seen": n})
    await until(lambda: [one.seen for one in summaries(store)] == [49])


async def test_closing_writes_what_is_pending(start: Start, store: SqliteStore, counted: Counting) -> None:
    recorder, receipts = start(), Receipts()
    recorder.pair(result(), receipts)
    await recorder.close(5)
    assert receipts.count == 1
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}
    with sqlite3.connect(store.path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()


async def test_closing_waits_for_a_lock_that_somebody_else_has_on_the_store(
    start: Start, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []
    recorder, receipts = start(), Receipts()
    await until(lambda: summaries(store))
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    recorder.pair(result(), receipts)
    recorder.told("p", "orders", "r1", {"seen": 1})
    open_writer = SqliteStore.writer
    monkeypatch.setattr(SqliteStore, "writer", lambda one: attempts.append(1) or open_writer(one))
    closing = asyncio.create_task(recorder.close(5))
    await until(lambda: len(attempts) > 5)
    other.execute("ROLLBACK")
    other.close()
    await closing
    assert receipts.count == 1
    summary = store.summaries()[0]
    assert (summary.outcomes, summary.skipped, summary.seen) == ({Outcome.MATCH: 1}, {}, 1)


@pytest.mark.promise("O1")
async def test_a_locked_store_costs_pairs_which_are_counted_and_then_it_heals(
    start: Start, store: SqliteStore, counted: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    recorder, receipts = start(), Receipts()
    await until(lambda: summaries(store))
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for _ in range(3):
        recorder.pair(result(), receipts)
    await until(lambda: receipts.count == 3)
    assert counted("strangler_skipped", route="orders", reason="store_failed") == 3
    assert counted("strangler_store_failures") >= 1
    assert counted("strangler_store_bad") == 1
    recorder.told("p", "orders", "r1", {"seen": 9})
    other.execute("ROLLBACK")
    other.close()
    recorder.pair(result(), receipts)
    await until(lambda: store.summaries()[0].outcomes)
    await until(lambda: store.summaries()[0].seen == 9)
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}
    assert store.summaries()[0].skipped == {"store_failed": 3}
    await until(lambda: counted("strangler_store_bad") == 0)
    messages = [record.getMessage() for record in caplog.records if record.name == "shadow.record"]
    # It may also be looking for what is too old, just then.
    assert [message for message in messages if message != "could not remove old results"] == [
        "the store refuses results; they are dropped and counted until it takes them again",
        "the store takes results again",
    ]


@pytest.mark.promise("O1")
async def test_a_full_disk_never_stops_the_loop_and_sums_are_written_when_there_is_room(
    start: Start, tmp_path: Path, counted: Counting
) -> None:
    full = SqliteStore(tmp_path / "s.db", max_bytes=160_000)
    recorder, receipts = start(full), Receipts()
    slowest = 0.0
    loop = asyncio.get_running_loop()
    for _ in range(400):
        recorder.pair(result(pair=pair(target="/" + "x" * 2000)), receipts)
        before = loop.time()
        await asyncio.sleep(0)
        slowest = max(slowest, loop.time() - before)
    await until(lambda: receipts.count == 400)
    assert slowest < 2.0
    lost = counted("strangler_skipped", route="orders", reason="store_failed")
    assert 0 < lost <= 400
    assert lost + counted("strangler_shadow_outcomes", route="orders") == 400


@pytest.mark.promise("O1")
async def test_a_deleted_file_is_made_anew(start: Start, store: SqliteStore) -> None:
    recorder, receipts = start(), Receipts()
    recorder.pair(result(), receipts)
    await until(lambda: receipts.count == 1)
    for file in store.path.parent.glob("s.db*"):
        file.unlink()
    recorder.pair(result(Outcome.WAIVED), receipts)
    await until(lambda: receipts.count == 2)
    assert store.summaries()[0].outcomes == {Outcome.WAIVED: 1}


@pytest.mark.promise("O1")
async def test_a_damaged_store_is_set_aside_without_losing_a_result_and_counted_by_its_new_name(
    start: Start, store: SqliteStore, counted: Counting
) -> None:
    store.path.write_bytes(b"this is no database" * 1000)
    recorder, receipts = start(), Receipts()
    recorder.pair(result(), receipts)
    await until(lambda: receipts.count == 1)
    (aside,) = store.path.parent.glob("s.db.broken-*")
    assert aside.read_bytes() == b"this is no database" * 1000
    assert counted("strangler_store_set_aside", file=aside.name) == 1
    assert counted("strangler_store_failures") == counted("strangler_skipped") == 0
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}


def read_of_damaged(store: SqliteStore) -> bool:
    """Damage it. Whether a reader finds that."""
    store.path.write_bytes(b"this is no database" * 1000)
    try:
        store.summaries()
    except DamagedStore:
        return True
    return False


@pytest.mark.promise("O1")
async def test_damage_that_a_reader_finds_is_healed_while_nothing_is_to_be_written(
    start: Start, store: SqliteStore, counted: Counting
) -> None:
    start()
    await until(lambda: summaries(store))
    # As long as all of it stands in the log, a reader finds nothing wrong.
    await until(lambda: read_of_damaged(store))
    await until(lambda: counted("strangler_store_set_aside") == 1)
    await until(lambda: summaries(store))
    assert store.summaries()[0].epoch.mark is not None


@pytest.mark.promise("O1")
async def test_a_disk_that_damages_every_store_is_not_filled_up_and_one_line_tells_why(
    start: Start, store: SqliteStore, counted: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    receipts = Receipts()
    for number in range(3):
        (store.path.parent / f"s.db.broken-{datetime.now(UTC):%Y%m%dT%H%M}0{number}Z").touch()
    store.path.write_bytes(b"this is no database" * 1000)
    recorder = start()
    for number in range(3):
        recorder.pair(result(), receipts)
        await until(lambda number=number: receipts.count == number + 1)
    assert counted("strangler_skipped", reason="store_failed") == 3
    assert len(list(store.path.parent.glob("s.db.broken-*"))) == 3
    (line,) = caplog.records
    assert "look at the disk" in vars(line)["reason"]
    store.path.unlink()
    recorder.pair(result(), receipts)
    await until(lambda: receipts.count == 4)
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}
    assert store.summaries()[0].skipped == {"store_failed": 3}


@pytest.mark.promise("O14")
async def test_a_store_of_a_newer_version_is_refused_and_named(
    start: Start, store: SqliteStore, counted: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    store.writer().close()
    with sqlite3.connect(store.path) as plain:
        plain.execute("PRAGMA user_version = 99")
    plain.close()
    receipts = Receipts()
    start().pair(result(), receipts)
    await until(lambda: receipts.count == 1)
    assert counted("strangler_skipped", reason="store_failed") == 1
    assert "newer strangler" in vars(caplog.records[0])["reason"]


@pytest.mark.promise("O1")
async def test_memory_is_bounded_while_nothing_can_be_written(
    start: Start, counted: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MAX_PAIRS", 10)
    monkeypatch.setattr(record, "BATCH_SECONDS", 60.0)
    recorder, receipts = start(), Receipts()
    for _ in range(100):
        recorder.pair(result(at=AT), receipts)
    assert counted("strangler_skipped", reason="store_failed") == 90
    monkeypatch.setattr(record, "MAX_BYTES", 1000)
    monkeypatch.setattr(record, "MAX_PAIRS", 1000)
    recorder.pair(result(size=2000), receipts)
    assert counted("strangler_skipped", reason="store_failed") == 91


async def test_the_store_keeps_what_the_newest_plans_say_and_that_is_told(
    start: Start, store: SqliteStore, counted: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MEASURING_SECONDS", 0.0)
    monkeypatch.setattr(record, "CLEANING_SECONDS", 0.0)
    recorder, receipts = start(), Receipts()
    recorder.pair(result(Outcome.MISMATCH, at=time.time() - 3600, pair=pair(at=time.time() - 3600)), receipts)
    await until(lambda: counted("strangler_store_oldest_contents") > 0)
    assert counted("strangler_store_bytes") > 0
    recorder.plans({"orders": replace(plan_for("http://a", "http://b"), keep=Keep(contents=60.0))})
    assert counted("strangler_store_keep_seconds", of="contents") == 60
    assert counted("strangler_store_keep_seconds", of="evidence") == 90 * 86400
    assert counted("strangler_store_size_limit_bytes") == 2**30
    await until(lambda: counted("strangler_store_removed", limit="contents") == 1)
    await until(lambda: counted("strangler_store_oldest_contents") == 0)
    assert store.summaries()[0].outcomes == {Outcome.MISMATCH: 1}


async def test_nothing_is_removed_before_it_is_known_how_long_it_is_kept(
    start: Start, store: SqliteStore, counted: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MEASURING_SECONDS", 0.0)
    monkeypatch.setattr(record, "CLEANING_SECONDS", 0.0)
    recorder, receipts = start(), Receipts()
    old = time.time() - 30 * 86400
    recorder.plans({"orders": replace(plan_for("http://a", "http://b"), keep=Keep(contents=60 * 86400.0))})
    kept = pair(at=old)
    recorder.pair(result(Outcome.MISMATCH, at=old, pair=kept), receipts)
    await until(lambda: counted("strangler_store_oldest_contents") > 0)
    await recorder.close(5)
    again = Recorder(store, Meters(counted.counters))
    again.start()
    again.plans({})
    again.skipped("orders", "r1", Skip.SHADOW_BUSY, receipts)
    await until(lambda: receipts.count == 2)
    await again.close(5)
    found = store.pair(kept.id)
    assert found is not None
    assert found.request is not None


async def test_of_several_recorders_one_removes_what_is_too_old(
    store: SqliteStore, counted: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MEASURING_SECONDS", 0.0)
    monkeypatch.setattr(record, "CLEANING_SECONDS", 0.0)
    plans = {"orders": replace(plan_for("http://a", "http://b"), keep=Keep(contents=60.0))}
    old = time.time() - 3600
    kept, receipts = pair(at=old), Receipts()
    for tends, contents in ((False, True), (True, False)):
        recorder = Recorder(store, Meters(counted.counters), tends=tends)
        recorder.start()
        recorder.plans(plans)
        recorder.pair(result(Outcome.MISMATCH, at=old, pair=kept if not tends else None), receipts)
        if tends:
            await until(lambda: counted("strangler_store_removed", limit="contents") == 1)
        await recorder.close(5)
        found = store.pair(kept.id)
        assert found is not None
        assert (found.request is not None) is contents
