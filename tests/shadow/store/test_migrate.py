"""A store of an older strangler is brought up to date whole, or stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from shadow.model import Epoch, Outcome
from shadow.store import connect
from shadow.store.codec import encode_plan
from shadow.store.connect import APPLICATION, migrations
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, batch, result
from tests.shadow.tap import plan_for

HOUR = int(AT // 3600)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as the first schema's program left it: two epochs of one route, with all that hangs on them."""
    path = tmp_path / "s.db"
    connection = sqlite3.connect(path)
    connection.executescript(migrations()[0][1])
    connection.execute("PRAGMA user_version = 1")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(
        "INSERT INTO plan VALUES ('orders', 1, ?, ?)", (AT, encode_plan(plan_for("http://a", "http://b")))
    )
    for epoch, rules in ((1, "r0"), (2, "r1")):
        connection.execute("INSERT INTO epoch VALUES (?, 'orders', ?, ?, ?, ?)", (epoch, rules, AT, AT, AT + 60))
        for name, n in (("seen", 500), ("outcome:match", 90 + epoch), ("outcome:mismatch", 7), ("skipped:tap_full", 3)):
            connection.execute("INSERT INTO count VALUES (?, ?, ?, ?)", (epoch, HOUR, name, n))
        connection.execute("INSERT INTO latency VALUES (?, ?, 'control', 59, 99)", (epoch, HOUR))
        connection.execute(
            "INSERT INTO signature VALUES (?, 's1', '$.a', 'values_changed', ?, ?, 'p1', '1', '2')", (epoch, AT, AT)
        )
        connection.execute("INSERT INTO signature_count VALUES (?, 's1', ?, 7)", (epoch, HOUR))
        connection.execute(
            "INSERT INTO pair VALUES (?, ?, 'request', 1, ?, 'mismatch', 'GET', '/', 'legacy', 'new', '{}')",
            (f"p{epoch}", epoch, AT),
        )
        connection.execute("INSERT INTO content (pair, at, body) VALUES (?, ?, '{}')", (f"p{epoch}", AT))
    connection.commit()
    connection.close()
    return path


def everything(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608 - names from the file itself
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return rows


@pytest.mark.promise("O14")
def test_a_store_of_the_first_schema_keeps_all_that_it_holds(old: Path) -> None:
    before = everything(old)
    store = SqliteStore(old)
    writer = store.writer()
    after = everything(old)
    assert {table: after[table] for table in before} == before
    summary = store.summaries()[0]
    assert summary.outcomes == {Outcome.MATCH: 92, Outcome.MISMATCH: 7}
    assert (summary.seen, summary.skipped, summary.repeats) == (500, {"tap_full": 3}, (0, 0))
    assert (summary.first_pair, summary.last_pair, summary.epoch) == (AT, AT + 60, Epoch(AT))
    assert [(one.id, one.count) for one in summary.signatures] == [("s1", 7)]
    assert summary.control_latency.p50 is not None, "what was counted by the hour is summed up"
    assert store.pair("p2") is not None
    writer.write(batch(result(), plans={"orders": plan_for("http://a", "http://b")}, plans_at=AT))
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 93, Outcome.MISMATCH: 7}, "the old epoch goes on"
    writer.close()


def test_rows_still_go_with_what_they_refer_to_after_the_migration(old: Path) -> None:
    writer = SqliteStore(old).writer()
    writer._connection.execute("DELETE FROM epoch")
    rows = everything(old)
    assert {rows[table] for table in ("count", "latency", "signature", "signature_count", "pair", "content")} == {0}
    writer.close()


@pytest.mark.promise("O14")
@pytest.mark.parametrize("statement", range(6))
def test_a_migration_that_fails_half_way_leaves_the_old_store(
    old: Path, statement: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(old)
    cut = connect._statements

    def failing(script: str) -> Iterator[str]:
        for number, one in enumerate(cut(script)):
            yield "SELECT no_such_function()" if number == statement else one

    monkeypatch.setattr(connect, "_statements", failing)
    with pytest.raises(sqlite3.OperationalError, match="no_such_function"):
        SqliteStore(old).writer()
    monkeypatch.undo()
    assert everything(old) == before
    assert sqlite3.connect(old).execute("PRAGMA user_version").fetchone() == (1,)
    SqliteStore(old).writer().close()
    assert SqliteStore(old).summaries()[0].outcomes == {Outcome.MATCH: 92, Outcome.MISMATCH: 7}
