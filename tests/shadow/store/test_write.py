"""What a batch does to the store, also when it cannot be written."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadow.model import Outcome
from shadow.store.batch import HOUR
from shadow.store.connect import open_for_reading
from shadow.store.sqlite import SqliteStore
from shadow.store.write import MAX_SIGNATURES, MORE, StoreWriter
from tests.shadow.store.results import AT, batch, pair, result, seen
from tests.shadow.tap import plan_for


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "s.db")


def planned(writer: StoreWriter) -> None:
    writer.write(batch(plans={"orders": plan_for("http://a", "http://b")}, plans_at=AT))


def test_cumulative_counts_told_twice_add_nothing(store: SqliteStore) -> None:
    writer = store.writer()
    planned(writer)
    for numbers in (
        {"seen": 5},
        {"seen": 5},
        {"seen": 8, "skipped:not_sampled": 2},
        {"seen": 8, "skipped:not_sampled": 2},
    ):
        writer.write(batch(told={("one", "orders"): ("r1", AT, numbers)}))
    writer.write(batch(told={("two", "orders"): ("r1", AT, {"seen": 100})}))
    summary = store.summaries()[0]
    assert summary.seen == 108
    assert summary.skipped == {"not_sampled": 2}
    writer.close()


def test_a_number_that_fell_means_that_its_source_began_anew(store: SqliteStore) -> None:
    writer = store.writer()
    planned(writer)
    for n in (1000, 3, 5):
        writer.write(batch(told={("one", "orders"): ("r1", AT, {"seen": n})}))
    assert store.summaries()[0].seen == 1005
    writer.close()


@given(st.lists(st.integers(0, 50), max_size=20))
@settings(max_examples=20, deadline=None)
def test_however_the_frames_repeat_the_sum_is_what_the_source_counted(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    store = SqliteStore(tmp_path_factory.mktemp("s") / "s.db")
    writer = store.writer()
    planned(writer)
    total = 0
    for step in steps:
        total += step
        for _ in range(2):
            writer.write(batch(told={("one", "orders"): ("r1", AT, {"seen": total})}))
    assert store.summaries()[0].seen == total
    writer.close()


def test_a_batch_is_written_whole_or_not_at_all(store: SqliteStore) -> None:
    writer = store.writer()
    planned(writer)
    twice = pair()
    with pytest.raises(sqlite3.IntegrityError):
        writer.write(batch(result(pair=twice), result(pair=twice), counts=Counter({("orders", "r1", 0, "seen"): 7})))
    assert store.summaries()[0].outcomes == {}
    assert store.summaries()[0].seen == 0
    writer.write(batch(result(pair=twice)))
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}
    writer.close()


@pytest.mark.promise("O1")
def test_a_full_disk_fails_the_batch_and_leaves_the_store_sound(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "s.db", max_bytes=200_000)
    planned(writer)

    def fill() -> None:
        for _ in range(1000):
            writer.write(batch(*(result(pair=pair(target="/" + "x" * 4000)) for _ in range(5))))

    with pytest.raises(sqlite3.OperationalError, match="full"):
        fill()
    writer.close()
    with open_for_reading(tmp_path / "s.db") as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = reader.execute("SELECT count(*) FROM pair").fetchone()[0]
        counted = reader.execute("SELECT sum(n) FROM count").fetchone()[0]
    assert kept == counted
    assert kept % 5 == 0


def test_a_locked_store_fails_the_batch_after_a_moment(store: SqliteStore) -> None:
    writer = store.writer()
    planned(writer)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.write(batch(result()))
    other.execute("ROLLBACK")
    other.close()
    writer.write(batch(result()))
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}
    writer.close()


def test_a_file_that_was_deleted_or_replaced_is_noticed(store: SqliteStore) -> None:
    writer = store.writer()
    assert not writer.is_stale
    store.path.unlink()
    assert writer.is_stale
    store.path.touch()
    assert writer.is_stale
    writer.close()


def test_signatures_are_bounded_and_the_rest_is_counted_together(store: SqliteStore) -> None:
    writer = store.writer()
    planned(writer)
    for start in range(0, MAX_SIGNATURES + 100, 100):
        writer.write(
            batch(*(result(Outcome.MISMATCH, signatures=(seen(number),)) for number in range(start, start + 100)))
        )
    found = store.signatures()
    assert len(found) == MAX_SIGNATURES + 1
    assert (found[0].path, found[0].count) == (MORE, 100)
    writer.close()


def test_an_example_is_the_newest_pair_that_was_kept(store: SqliteStore) -> None:
    writer = store.writer()
    planned(writer)
    old, new = pair(), pair()
    for at, kept in ((AT, old), (AT + 1, new), (AT + 2, None)):
        writer.write(batch(result(Outcome.MISMATCH, at=at, signatures=(seen(),), pair=kept)))
    signature = store.signatures()[0]
    assert (signature.example_pair, signature.count) == (new.id, 3)
    assert (signature.first_seen, signature.last_seen) == (AT, AT + 2)
    writer.close()


def test_hours_are_kept_apart(store: SqliteStore) -> None:
    writer = store.writer()
    planned(writer)
    hour = AT // HOUR * HOUR
    for at in (hour - 1, hour, hour + HOUR):
        writer.write(batch(result(Outcome.MISMATCH, at=at, control_ms=5.0, signatures=(seen(),))))
    assert [store.summaries(since=since)[0].outcomes for since in (None, hour + 60, hour + HOUR)] == [
        {Outcome.MISMATCH: 3},
        {Outcome.MISMATCH: 2},
        {Outcome.MISMATCH: 1},
    ]
    assert store.signatures(since=hour + HOUR)[0].count == 1
    writer.close()
