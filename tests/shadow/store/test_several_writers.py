"""Several shadow workers write one store: what one has written the other goes by, from its next batch on."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from proxy.model.keep import Keep
from shadow.model import Outcome
from shadow.noise.seen import PlaceSeen
from shadow.store import SqliteStore
from shadow.store.batch import HOUR
from shadow.store.write import MAX_SIGNATURES, MORE, StoreWriter
from tests.shadow.store.results import AT, batch, pair, result, seen
from tests.shadow.tap import plan_for


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "s.db")


@pytest.fixture
def writers(store: SqliteStore) -> Iterator[tuple[StoreWriter, StoreWriter]]:
    one, other = store.writer(), store.writer()
    one.write(batch(plans={"orders": plan_for("http://a", "http://b")}, plans_at=AT))
    other.write(batch(plans={"orders": plan_for("http://a", "http://b")}, plans_at=AT))
    yield one, other
    one.close()
    other.close()


def test_an_answer_without_a_version_is_of_the_build_that_either_saw_last(
    store: SqliteStore, writers: tuple[StoreWriter, StoreWriter]
) -> None:
    one, other = writers
    other.write(batch(result(at=AT, candidate_version="1")))
    one.write(batch(result(at=AT + 1, candidate_version="2")))
    other.write(batch(result(Outcome.CANDIDATE_TIMEOUT, at=AT + 2)))
    (summary,) = store.summaries()
    assert summary.epoch.candidate_version == "2"
    assert summary.outcomes == {Outcome.MATCH: 1, Outcome.CANDIDATE_TIMEOUT: 1}


def test_a_build_is_one_epoch_whoever_sees_it_first(
    store: SqliteStore, writers: tuple[StoreWriter, StoreWriter]
) -> None:
    for turn in range(3):
        for writer in writers:
            writer.write(
                batch(result(at=AT + turn, candidate_version="1"), result(at=AT + turn, candidate_version="2"))
            )
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute("SELECT count(*) FROM epoch WHERE candidate_version <> ''").fetchone() == (2,)


def test_the_bound_on_signatures_holds_for_all_together(
    store: SqliteStore, writers: tuple[StoreWriter, StoreWriter]
) -> None:
    half = MAX_SIGNATURES // 2
    for number, writer in enumerate((*writers, *writers)):
        signatures = tuple(seen(number * half + one) for one in range(half))
        writer.write(batch(result(Outcome.MISMATCH, signatures=signatures)))
    found = store.signatures()
    assert len(found) == MAX_SIGNATURES + 1
    assert {one.path: one.count for one in found}[MORE] == 2 * half


def test_what_one_has_removed_the_other_does_not_go_by(
    store: SqliteStore, writers: tuple[StoreWriter, StoreWriter]
) -> None:
    one, other = writers
    other.write(batch(result(Outcome.MISMATCH, signatures=(seen(),), pair=pair())))
    one.remove_old(AT + 90 * 24 * HOUR, Keep(contents=60.0, evidence=24.0 * HOUR))
    late = AT + 90 * 24 * HOUR
    other.write(batch(result(Outcome.MISMATCH, at=late, signatures=(seen(),))))
    (summary,) = store.summaries()
    assert (summary.outcomes, summary.signatures[0].count) == ({Outcome.MISMATCH: 1}, 1)


def test_batches_written_at_the_same_time_add_up(store: SqliteStore) -> None:
    store.writer().close()  # nobody migrates meanwhile
    errors: list[BaseException] = []
    place = PlaceSeen("$.total", "values_changed", differed=True)

    def work(number: int) -> None:
        try:
            with closing(store.writer()) as writer:
                for turn in range(40):
                    one = result(Outcome.MISMATCH, at=AT + turn, signatures=(seen(),), places=(replace(place),))
                    told = {(f"proxy-{number}", "orders"): ("r1", AT, {"seen": turn + 1})}
                    writer.write(batch(*[one] * 5, plans={"orders": plan_for("http://a", "http://b")}, told=told))
        except BaseException as error:  # noqa: BLE001 - of a thread, shown below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    (summary,) = store.summaries()
    assert (summary.outcomes, summary.seen) == ({Outcome.MISMATCH: 800}, 160)
    assert summary.signatures[0].count == 800
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute("SELECT sum(differed) FROM place").fetchone() == (800,)
