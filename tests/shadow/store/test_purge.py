"""What is purged is gone, from every byte of the files; what is not selected stays; the writer goes on."""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadow.model import Difference, Kind, Mark, Outcome, Shape
from shadow.noise.seen import PlaceSeen, RuleHit
from shadow.store import NoStore, StoreError
from shadow.store import purge as purging
from shadow.store.connect import open_for_reading, open_for_writing
from shadow.store.purge import Hands, Purged, Step
from shadow.store.records import Recorded, SignatureSeen, StoredAnswer, StoredBody, StoredRequest
from shadow.store.selection import Selection
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, batch, pair, result, seen
from tests.shadow.tap import plan_for

ROOT = Path(__file__).resolve().parents[3]
MARK = Mark(AT + 1000, "anna", "purged")
ANNA, BERT = "a" * 40, "b" * 40


class Clock:
    """Stands still but for pauses."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def hands(**changes: Any) -> Hands:
    clock = Clock()
    return Hands(**({"clock": clock, "pause": clock.pause} | changes))


def purge(store: SqliteStore, selection: Selection, **changes: Any) -> Purged:
    return store.purge(selection, store.affected(selection), MARK, hands(**changes))


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def rows(store: SqliteStore, query: str) -> list[Any]:
    with open_for_reading(store.path) as connection:
        return connection.execute(query).fetchall()


def told(text: str, whose: str, **changes: Any) -> Recorded:
    """A pair with ``text`` wherever something of a pair is kept."""
    body = StoredBody(f"my name is {text}", 99)
    answer = StoredAnswer(200, (("X-Name", text),), body, 0.01, 0.02)
    kept = pair(
        target=f"/orders?name={text}",
        request_id=f"request of {text}",
        request=StoredRequest("POST", f"/orders?name={text}", (("X-Name", text),), body),
        control=answer,
        candidate=answer,
        again=answer,
        error=f"no {text}",
        differences=(Difference("$.name", Kind.VALUES_CHANGED, text, f"{text}!", None),),
        waived=((Difference("$.b", Kind.VALUES_CHANGED, text, None), "$.b"),),
        **changes,
    )
    example = SignatureSeen("0" * 12, "$.name", "values_changed", text, f"{text}!")
    return result(Outcome.MISMATCH, pair=kept, signatures=(example,), identity=whose, at=kept.at)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """A new file in a folder of its own, with the plan of one route."""
    (tmp_path / "store").mkdir()
    store = SqliteStore(tmp_path / "store" / "s.db")
    writer = store.writer()
    writer.write(batch(plans={"orders": plan_for("http://a", "http://b")}))
    writer.close()
    return store


def test_no_byte_of_a_users_pairs_is_left_in_any_file_and_others_keep_theirs(store: SqliteStore) -> None:
    dice = random.Random(7)  # rows of random sizes and keys: SQLite moves them about, and leaves copies
    writer = store.writer()
    for number in range(20):
        whose = [dice.choice("AB") for _ in range(40)]
        pairs = [
            told(f"cAnary{one}{number}x{n}" + "y" * dice.randrange(200), ANNA if one == "A" else BERT, id=f"{dice.getrandbits(64):016x}")
            for n, one in enumerate(whose)
        ]  # fmt: skip
        writer.write(batch(*pairs))
    anna, bert = rb"cAnaryA\d+x\d+", rb"cAnaryB\d+x\d+"
    before = on_disk(store.path.parent)
    assert len(set(re.findall(anna, before))) > 300
    names = {"s.db", "s.db-wal", "s.db-shm"}
    assert {file.name for file in store.path.parent.iterdir()} == names

    assert purge(store, Selection((ANNA,))) == Purged(rewritten=True, log_emptied=True)

    after = on_disk(store.path.parent)
    assert {file.name for file in store.path.parent.iterdir()} == names, "the writer has them open"
    assert set(re.findall(anna, after)) == set()
    assert set(re.findall(bert, after)) == set(re.findall(bert, before))
    writer.close()


_WHOSE = st.sampled_from(["", ANNA, BERT])
_ROUTE = st.sampled_from(["orders", "search"])
_TIME = st.integers(0, 5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(_WHOSE, _ROUTE, _TIME), max_size=12),
    st.sets(st.sampled_from([ANNA, BERT]), max_size=2),
    st.none() | _ROUTE,
    st.none() | _TIME,
    st.none() | st.integers(0, 11),
)
def test_exactly_what_is_selected_goes(
    recorded: list[tuple[str, str, int]], whose: set[str], route: str | None, before: int | None, number: int | None
) -> None:
    if not (whose or route or before is not None or number is not None):
        return
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "s.db")
        writer = store.writer()
        pairs = [
            result(Outcome.MISMATCH, pair=pair(at=AT + at, route=of), at=AT + at, route=of, identity=one, signatures=(seen(),))
            for one, of, at in recorded
        ]  # fmt: skip
        writer.write(batch(*pairs))
        wanted = None if number is None else pairs[number].pair.id if number < len(pairs) else "none"  # type: ignore[union-attr]  # all have one
        selection = Selection(tuple(whose), route, None if before is None else AT + before, wanted)
        counted = rows(store, "SELECT route, name, sum(n) FROM count JOIN epoch ON epoch.id = epoch GROUP BY 1, 2")
        assert purge(store, selection).complete
        stay = {
            one.pair.id
            for one in pairs
            if one.pair is not None
            and not (
                (not whose or one.identity in whose)
                and route in {None, one.route}
                and (before is None or one.at < AT + before)
                and wanted in {None, one.pair.id}
            )
        }
        assert {id_ for (id_,) in rows(store, "SELECT id FROM pair")} == stay
        assert {id_ for (id_,) in rows(store, "SELECT pair FROM content")} == stay
        examples = {
            id_ for (id_,) in rows(store, "SELECT example_pair FROM signature WHERE control_example IS NOT NULL")
        }
        assert examples <= stay
        gone = selection.whole_route
        assert rows(store, "SELECT route, name, sum(n) FROM count JOIN epoch ON epoch.id = epoch GROUP BY 1, 2") == [
            row for row in counted if row[0] != gone
        ]
        assert rows(store, "PRAGMA integrity_check") == [("ok",)]
        assert rows(store, "PRAGMA foreign_key_check") == []
        writer.close()


def everything(route: str) -> Recorded:
    """Something for every table."""
    return result(
        Outcome.MISMATCH, route=route, pair=pair(route=route), signatures=(seen(),), control_ms=5.0, candidate_ms=6.0,
        shape=Shape("GET", "anna", "2xx", signed_in=True), statuses=("2xx", "2xx"), again=True, sampled=True,
        places=(PlaceSeen("$.anna", "values_changed", differed=True),), hits=(RuleHit("$.b", "values_changed", 1),),
    )  # fmt: skip


def test_of_a_whole_route_nothing_stays_but_its_epochs_and_the_mark_says_so(store: SqliteStore) -> None:
    writer = store.writer()
    plans = {name: plan_for("http://a", "http://b", route=name) for name in ("orders", "search")}
    writer.write(batch(everything("orders"), everything("search"), plans=plans))
    tables = [
        name
        for (name,) in rows(store, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%epoch%INTEGER%'")
    ]
    tables = [name for name in tables if name != "epoch"]
    assert len(tables) == 11
    before = {name: rows(store, f"SELECT epoch FROM {name} ORDER BY 1") for name in tables}  # noqa: S608 - names from the file itself
    assert all({(1,), (2,)} <= set(found) for found in before.values())

    assert purge(store, Selection(route="orders")).complete

    for name in tables:
        after = rows(store, f"SELECT epoch FROM {name} ORDER BY 1")  # noqa: S608 - as above
        assert after == [epoch for epoch in before[name] if epoch == (2,)], name
    assert rows(store, "SELECT pair.epoch FROM content JOIN pair ON pair.id = content.pair") == [(2,)]
    orders, search = store.summaries()
    assert (orders.outcomes, orders.epoch.mark) == ({}, MARK)
    assert (search.outcomes, search.epoch.mark) == ({Outcome.MISMATCH: 1}, None)

    later = everything("orders")
    writer.write(
        batch(later),
    )  # with what it remembers of before, as this pair began before the mark
    assert rows(store, "SELECT place FROM place WHERE epoch = 1") == [("$.anna",)]
    assert store.summaries()[0].outcomes == {}, "it does not count with what comes"
    writer.write(batch(result(route="orders", at=MARK.at + 1)))
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}
    writer.close()


def test_nothing_happens_to_a_route_of_which_nothing_is_recorded(store: SqliteStore) -> None:
    assert purge(store, Selection(route="orders")).complete
    assert store.marks() == []


def test_a_signature_keeps_its_counts_loses_its_example_and_gets_the_next_one(store: SqliteStore) -> None:
    writer = store.writer()
    writer.write(batch(told("anna", ANNA), told("bert", BERT)))
    purge(store, Selection((ANNA,)))
    assert store.signatures()[0].control_example == "bert"
    purge(store, Selection((BERT,)))
    [one] = store.signatures()
    assert (one.count, one.example_pair, one.control_example, one.candidate_example) == (2, "", None, None)
    writer.write(batch(told("carl", "c" * 40)))
    assert store.signatures()[0].control_example == "carl"
    writer.close()


def test_an_example_of_a_pair_that_is_gone_may_be_anybodys_and_goes(store: SqliteStore) -> None:
    writer = store.writer()
    writer.write(batch(told("anna", ANNA)))
    writer._connection.execute("DELETE FROM pair")
    writer.close()
    assert store.affected(Selection((BERT,))).examples == 1
    purge(store, Selection((BERT,)))
    assert store.signatures()[0].control_example is None
    assert b"anna!" not in on_disk(store.path.parent)


def test_the_writer_gets_its_turn_between_small_transactions(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH_ROWS", 10)
    writer = store.writer()
    writer.write(batch(*(result(pair=pair(), identity=ANNA) for _ in range(35))))
    removed: list[int] = []

    def turn(_seconds: float) -> None:
        writer.write(batch(result(pair=pair(), identity=BERT)))

    def note(step: Step, gone: int) -> None:
        if step is Step.REMOVING:
            removed.append(gone)

    assert purge(store, Selection((ANNA,)), pause=turn, told=note).complete
    assert removed == [10, 10, 10, 5]
    assert rows(store, "SELECT identity, count(*) FROM pair GROUP BY 1") == [(BERT, 4)]
    writer.close()


def test_a_transaction_ends_when_it_takes_long_and_goes_on_where_it_was(store: SqliteStore) -> None:
    writer = store.writer()
    writer.write(batch(*(result(pair=pair(), identity=ANNA) for _ in range(3))))
    writer.close()
    times = iter(range(1000))
    removed = []
    purge(store, Selection((ANNA,)), clock=lambda: float(next(times)), told=lambda _, gone: removed.append(gone))
    assert removed == [1, 1, 1, 0, 0]
    assert rows(store, "SELECT count(*) FROM pair") == [(0,)]


def test_readers_hold_the_log_back_and_another_purge_empties_it(store: SqliteStore) -> None:
    writer = store.writer()
    writer.write(batch(told("cAnary", ANNA)))
    with open_for_reading(store.path) as reader:
        assert reader.execute("SELECT count(*) FROM pair").fetchone() == (1,)
        times = iter(range(0, 10_000, 20))
        purged = purge(store, Selection((ANNA,)), clock=lambda: float(next(times)))
        assert purged == Purged(rewritten=True, log_emptied=False)
        assert b"cAnary" in on_disk(store.path.parent)
    assert purge(store, Selection((ANNA,))).complete
    assert b"cAnary" not in on_disk(store.path.parent)
    writer.close()


def test_a_file_that_cannot_be_written_anew_is_told(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadow.store.sqlite.LOCKED_SECONDS", 0.01)
    writer = store.writer()
    writer.write(batch(told("cAnary", ANNA)))
    other = sqlite3.connect(store.path, isolation_level=None)

    def lock(step: Step, _gone: int) -> None:
        if step is Step.REWRITING:
            other.execute("BEGIN IMMEDIATE")
        elif step is Step.EMPTYING:
            other.execute("ROLLBACK")

    purged = purge(store, Selection((ANNA,)), told=lock)
    assert purged == Purged(rewritten=False, log_emptied=True, why_not="database is locked")
    assert not purged.complete
    other.close()
    writer.close()


def test_a_store_that_is_locked_for_a_moment_is_waited_for(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = store.writer()
    writer.write(batch(told("cAnary", ANNA)))
    writer.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = threading.Event()
    done: list[Purged] = []

    def opening(*given: Any, **named: Any) -> sqlite3.Connection:
        begun.set()
        return open_for_writing(*given, **named)

    monkeypatch.setattr("shadow.store.sqlite.open_for_writing", opening)
    waiting = threading.Thread(target=lambda: done.append(purge(store, Selection((ANNA,)))))
    waiting.start()
    assert begun.wait(30)
    other.execute("ROLLBACK")
    waiting.join(30)
    other.close()
    assert done == [Purged(rewritten=True, log_emptied=True)]


def test_a_store_that_stays_locked_is_an_error_that_says_what_to_do(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shadow.store.sqlite.LOCKED_SECONDS", 0.01)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"locked; not all is removed. Run it again"):
        purge(store, Selection((ANNA,)))
    other.close()


def test_a_missing_store_is_not_made_and_one_that_cannot_be_written_is_told(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoStore):
        SqliteStore(tmp_path / "none.db").affected(Selection((ANNA,)))
    assert not (tmp_path / "none.db").exists()
    affected = store.affected(Selection((ANNA,)))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(store.path))

    monkeypatch.setattr("shadow.store.sqlite.open_for_writing", refuse)
    with pytest.raises(StoreError, match=r"cannot write to .*Permission denied.*as the user that `strangler serve`"):
        store.purge(Selection((ANNA,)), affected, MARK, hands())


_WRITES = """
import sqlite3, sys
from pathlib import Path
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import batch, pair, result
writer, written = SqliteStore(Path(sys.argv[1])).writer(), 0
for line in iter(sys.stdin.readline, "stop\\n"):
    for number in range(50):
        one = batch(result(pair=pair(id=f"{written:016x}"), identity="b" * 40))
        while True:
            try:
                writer.write(one)
                break
            except sqlite3.OperationalError as error:  # on a busy machine; the recorder tries again too
                assert "locked" in str(error)
        written += 1
    print(written, flush=True)
writer.close()
"""


def test_a_writer_in_another_process_writes_on_and_loses_nothing(store: SqliteStore) -> None:
    writer = store.writer()
    for number in range(20):
        writer.write(batch(*(told(f"cAnary{number}", ANNA, id=f"a{number:05}{n:010}") for n in range(100))))
    writer.close()
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITES, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for _ in range(20):
            process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == "50\n", "it writes"
        selection = Selection((ANNA,))
        purged = store.purge(selection, store.affected(selection), MARK, Hands(time.monotonic, time.sleep))
        assert purged.complete
        assert b"cAnary" not in on_disk(store.path.parent)
        process.stdin.write("stop\n")
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert rest.splitlines()[-1] == "1000"
    assert rows(store, "SELECT identity, count(*) FROM pair GROUP BY 1") == [(BERT, 1000)]
