"""Opening the file: made private, brought up to date, refused when it is not ours."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from shadow.store import NewerStore, NoStore, StoreError, connect
from shadow.store.connect import MAX_BYTES, migrations, open_for_reading, open_for_writing, transaction


def opened(path: Path) -> sqlite3.Connection:
    return open_for_writing(path, max_bytes=MAX_BYTES)


def test_a_new_file_and_its_companions_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        connection = opened(tmp_path / "s.db")
        with transaction(connection):
            connection.execute("INSERT INTO epoch (route, rules, opened_at) VALUES ('a', 'b', 0)")
        files = list(tmp_path.iterdir())
        assert {file.name for file in files} == {"s.db", "s.db-wal", "s.db-shm"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        connection.close()
    finally:
        os.umask(before)


def test_deleted_pages_are_overwritten_and_writers_do_not_stop_readers(tmp_path: Path) -> None:
    connection = opened(tmp_path / "s.db")
    pragmas = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "auto_vacuum")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 1, "secure_delete": 1, "foreign_keys": 1, "auto_vacuum": 2}
    with transaction(connection), open_for_reading(tmp_path / "s.db") as reader:
        assert reader.execute("SELECT count(*) FROM pair").fetchone() == (0,)
    connection.close()


def test_readers_cannot_write(tmp_path: Path) -> None:
    opened(tmp_path / "s.db").close()
    with pytest.raises(StoreError, match="readonly"), open_for_reading(tmp_path / "s.db") as reader:
        reader.execute("DELETE FROM pair")


def test_a_file_that_is_being_made_is_nothing_yet_and_never_a_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.db"
    empty = sqlite3.connect(path)
    empty.execute("PRAGMA journal_mode = WAL")

    class Slow(sqlite3.Connection):
        """Between two looks of this reader somebody makes the store."""

        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            if "sqlite_master" in sql:
                monkeypatch.undo()
                opened(path).close()
            return super().execute(sql, *values)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **named, factory=Slow))
    with pytest.raises(NoStore, match="holds nothing yet"), open_for_reading(path):
        pass
    empty.close()


@pytest.mark.promise("O14")
def test_opening_twice_migrates_once(tmp_path: Path) -> None:
    for _ in range(2):
        connection = opened(tmp_path / "s.db")
        assert connection.execute("PRAGMA user_version").fetchone() == (migrations()[-1][0],)
        connection.close()


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


@pytest.mark.promise("O14")
def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [*migrations(), (99, "CREATE TABLE half (a);\nCREATE TABLE pair (b);\n")]
    monkeypatch.setattr("shadow.store.connect.migrations", lambda: steps)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        opened(tmp_path / "s.db")
    with sqlite3.connect(tmp_path / "s.db") as plain:
        assert plain.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    plain.close()


@pytest.mark.promise("O14")
def test_a_reader_brings_an_older_store_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "strangler.db"
    make_old(path, monkeypatch)
    assert "triage" not in _tables(path)
    with open_for_reading(path) as connection:
        assert connection.execute("SELECT count(*) FROM triage").fetchone() == (0,)


def test_an_older_store_that_cannot_be_written_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "strangler.db"
    make_old(path, monkeypatch)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(connect, "open_for_writing", refuse)
    with pytest.raises(StoreError, match=r"older strangler.*start `strangler serve`"), open_for_reading(path):
        pass


def make_old(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = migrations()[:1]
    with monkeypatch.context() as patched:
        patched.setattr(connect, "migrations", lambda: first)
        opened(path).close()


def _tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_newer_schema_is_refused_by_writers_and_readers(tmp_path: Path) -> None:
    connection = opened(tmp_path / "s.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerStore, match=r"schema 99.*use that version, or choose another --store"):
        opened(tmp_path / "s.db")
    with pytest.raises(NewerStore), open_for_reading(tmp_path / "s.db"):
        pass


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as other:
        other.execute("CREATE TABLE theirs (a)")
    other.close()
    with pytest.raises(StoreError, match="another program's database"):
        opened(tmp_path / "s.db")
    with pytest.raises(StoreError, match="another program's database"), open_for_reading(tmp_path / "s.db"):
        pass


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to look like one" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.db").write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError):
        opened(tmp_path / "s.db")
    with pytest.raises(StoreError, match=r"cannot read .*s\.db"), open_for_reading(tmp_path / "s.db"):
        pass


def test_there_is_no_store_where_no_file_is_or_an_empty_one(tmp_path: Path) -> None:
    for prepare in (lambda: None, (tmp_path / "s.db").touch):
        prepare()
        with pytest.raises(NoStore, match="strangler serve"), open_for_reading(tmp_path / "s.db"):
            pass


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"var is no directory: make it, or choose another --store"):
        opened(tmp_path / "var" / "s.db")


def test_names_that_mean_something_in_addresses_are_just_names(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=rw#b%20c.db"
    opened(path).close()
    with open_for_reading(path):
        pass
