"""A damaged store is set aside with all that belongs to it, and nothing else ever is. Real files, really overwritten."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from proxy.model.keep import Keep
from shadow.model import Mark, Outcome
from shadow.store import DamagedStore, SqliteStore, StoreError
from shadow.store.connect import open_for_reading
from shadow.store.damage import MAX_LYING, doubt, file_id, is_damage, is_doubted, set_aside, set_aside_at
from shadow.store.keeper import EXAMINING_SECONDS, StoreKeeper
from tests.shadow.store.results import AT, batch, pair, result
from tests.shadow.tap import plan_for
from tests.small_disk import make_read_only, small_disk

PLANS = {"orders": plan_for("http://a", "http://b")}, AT
NOISE = b"\xa5" * 4096


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> float:
        return self.now


class Kept:
    """A keeper with what it told."""

    def __init__(self, path: Path) -> None:
        self.clock, self.told = Clock(), list[str]()
        self.store = SqliteStore(path, max_bytes=1_000_000)
        self.keeper = StoreKeeper(self.store, self.clock, self.told.append)

    def write(self, outcome: Outcome = Outcome.MATCH, **changes: object) -> None:
        self.keeper.write(batch(result(outcome, **changes)), PLANS)

    def outcomes(self) -> dict[Outcome, int]:
        return self.store.summaries()[0].outcomes


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "s.db")


def broken(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("*.broken-*"))


def spoil(path: Path, table: str = "count") -> None:
    """Overwrite the first page of ``table``, which stays part of the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(NOISE)


@pytest.mark.promise("O1")
@pytest.mark.parametrize("content", [b"this is no database" * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_what_is_no_database_at_the_start_is_set_aside_and_a_new_store_begins(kept: Kept, content: bytes) -> None:
    kept.store.path.write_bytes(content)
    kept.write()
    assert kept.told == broken(kept.store.path.parent) == ["s.db.broken-20261118T110640Z"]
    assert (kept.store.path.parent / kept.told[0]).read_bytes() == content
    assert kept.outcomes() == {Outcome.MATCH: 1}


@pytest.mark.promise("O1")
def test_a_store_damaged_while_it_is_written_is_set_aside_with_its_log_and_evidence_starts_anew_and_says_so(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.write(Outcome.MISMATCH)
    kept.keeper.close()
    kept.write(Outcome.MISMATCH)
    spoil(kept.store.path)
    kept.write(at=AT - 30)
    kept.write(at=AT - 20)
    folder = kept.store.path.parent
    (aside,) = (name for name in broken(folder) if set_aside_at(name))
    assert kept.told == [aside]
    assert kept.outcomes() == {Outcome.MATCH: 2}
    ((route, mark),) = kept.store.marks()
    assert (route, mark) == (
        "orders",
        Mark(
            AT - 30,
            "strangler",
            f"the store was damaged at 2026-11-18 11:06:40Z, set aside as {aside}; evidence from before is not counted",
        ),
    )
    assert kept.store.summaries()[0].epoch.mark == mark
    assert [record.getMessage() for record in caplog.records] == [mark.reason]
    assert vars(caplog.records[0])["reason"] == "database disk image is malformed"


def test_its_log_and_index_go_with_it_so_that_tools_read_all_of_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    writer = store.writer()
    writer.write(batch(result(), plans=PLANS[0]))  # still in the log
    aside = set_aside(store.path, file_id(store.path), AT)
    assert aside is not None
    assert broken(tmp_path) == [aside.name, f"{aside.name}-shm", f"{aside.name}-wal"]
    assert SqliteStore(aside).summaries()[0].outcomes == {Outcome.MATCH: 1}
    writer.close()


@pytest.mark.promise("O1")
def test_of_two_instances_on_one_store_the_second_takes_the_first_ones_new_file(kept: Kept) -> None:
    other = Kept(kept.store.path)
    for one in (kept, other):
        one.write()
    spoil(kept.store.path)
    for one in (kept, other):
        one.write(Outcome.WAIVED)
    assert len(kept.told) == 1
    assert other.told == []
    assert kept.outcomes() == {Outcome.WAIVED: 2}


def test_only_the_file_that_was_found_damaged_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(b"new")
    damaged = file_id(path)
    path.rename(tmp_path / "old.db")
    path.write_bytes(b"newer")
    assert set_aside(path, damaged, AT) is None
    assert set_aside(path, None, AT) is None
    assert path.read_bytes() == b"newer"


def test_the_file_behind_a_link_is_set_aside_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "s.db").symlink_to(tmp_path / "disk" / "real.db")
    kept = Kept(tmp_path / "s.db")
    (tmp_path / "disk" / "real.db").write_bytes(b"this is no database" * 1000)
    kept.write()
    assert (tmp_path / "s.db").is_symlink()
    assert broken(tmp_path) == []
    assert kept.told == broken(tmp_path / "disk")
    assert kept.outcomes() == {Outcome.MATCH: 1}


@pytest.mark.promise("O1")
def test_a_link_that_is_turned_to_another_file_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "s.db"
    link.symlink_to(tmp_path / "one.db")
    kept = Kept(link)
    kept.write()
    link.unlink()
    link.symlink_to(tmp_path / "two.db")
    kept.write(Outcome.WAIVED)
    assert kept.outcomes() == {Outcome.WAIVED: 1}
    assert SqliteStore(tmp_path / "one.db").summaries()[0].outcomes == {Outcome.MATCH: 1}
    assert kept.told == []


def test_no_more_than_three_are_set_aside_in_an_hour_and_ten_in_all(kept: Kept) -> None:
    def spoiled_again() -> None:
        kept.keeper.close()
        kept.store.path.write_bytes(b"this is no database" * 1000)
        kept.clock.now += 1
        kept.write()

    for _ in range(3):
        spoiled_again()
    with pytest.raises(StoreError, match=r"not set aside, since 3 were within the hour.*remove s\.db\.broken-\*"):
        spoiled_again()
    assert kept.store.path.read_bytes() == b"this is no database" * 1000
    for _ in range(MAX_LYING - 3):
        kept.clock.now += 3600
        spoiled_again()
    kept.clock.now += 3600
    with pytest.raises(StoreError, match="10 lie there"):
        spoiled_again()
    assert len(broken(kept.store.path.parent)) == MAX_LYING == len(kept.told)
    (kept.store.path.parent / kept.told[0]).unlink()
    spoiled_again()


def _locked(path: Path) -> sqlite3.Connection:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other


@pytest.mark.promise("O1")
def test_a_locked_store_is_not_set_aside(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadow.store.connect.LOCKED_SECONDS", 0.01)
    kept.write()
    kept.keeper.close()
    with closing(_locked(kept.store.path)), pytest.raises(sqlite3.OperationalError, match="locked"):
        kept.write()
    assert broken(kept.store.path.parent) == []


@pytest.mark.promise("O1")
def test_a_full_store_is_not_set_aside(kept: Kept) -> None:
    def fill() -> None:
        for _ in range(1000):
            kept.write(pair=pair(target="/" + "x" * 20_000))

    with pytest.raises(sqlite3.OperationalError, match="full"):
        fill()
    assert broken(kept.store.path.parent) == []


@pytest.mark.promise("O1")
def test_a_store_on_a_disk_that_is_full_or_read_only_is_not_set_aside_and_goes_on_when_it_can(tmp_path: Path) -> None:
    with small_disk(tmp_path):
        kept = Kept(tmp_path / "s.db")
        kept.write()
        with (tmp_path / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(b"x" * 4096)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            kept.write(pair=pair(target="/" + "x" * 20_000))
        (tmp_path / "ballast").unlink()
        kept.write()
        kept.keeper.close()
        make_read_only(tmp_path, read_only=True)
        with pytest.raises(OSError, match="Read-only file system"):
            kept.write()
        make_read_only(tmp_path, read_only=False)
        kept.write()
        assert kept.outcomes() == {Outcome.MATCH: 3}
        assert broken(tmp_path) == []
        kept.keeper.close()


@pytest.mark.promise("O14")
def test_a_store_of_a_newer_version_and_another_programs_are_not_set_aside(kept: Kept) -> None:
    kept.write()
    kept.keeper.close()
    for pragma, said in (("user_version = 99", "newer strangler"), ("application_id = 7", "another program's")):
        with closing(sqlite3.connect(kept.store.path)) as plain:
            plain.execute(f"PRAGMA {pragma}")
        with pytest.raises(StoreError, match=said):
            kept.write()
    assert broken(kept.store.path.parent) == []


@pytest.mark.parametrize(
    ("code", "damaged"),
    [
        (sqlite3.SQLITE_CORRUPT, True),
        (sqlite3.SQLITE_CORRUPT_INDEX, True),
        (sqlite3.SQLITE_NOTADB, True),
        (sqlite3.SQLITE_FULL, False),
        (sqlite3.SQLITE_BUSY, False),
        (sqlite3.SQLITE_READONLY, False),
        (sqlite3.SQLITE_READONLY_DBMOVED, False),
        (sqlite3.SQLITE_IOERR_WRITE, False),
        (sqlite3.SQLITE_CANTOPEN, False),
    ],
)
def test_damage_is_what_no_waiting_heals(code: int, damaged: bool) -> None:
    error = sqlite3.DatabaseError("...")
    error.sqlite_errorcode = code
    assert is_damage(error) == damaged


def test_errors_without_a_code_are_no_damage() -> None:
    assert not is_damage(sqlite3.ProgrammingError("closed"))
    assert not is_damage(OSError(28, "full"))
    assert is_damage(DamagedStore("..."))


@pytest.mark.promise("O1")
def test_damage_that_only_a_reader_meets_is_examined_by_the_writer_and_set_aside(kept: Kept) -> None:
    kept.write(Outcome.MISMATCH, pair=pair())
    kept.keeper.close()
    kept.write()
    spoil(kept.store.path, "place")  # nothing that is written leads there
    kept.write()
    assert kept.told == []
    with pytest.raises(DamagedStore, match=r"it is damaged .*sets it aside and begins a new one"):
        kept.store.summaries()
    kept.clock.now += EXAMINING_SECONDS + 1
    kept.write()
    assert len(kept.told) == 1
    assert kept.outcomes() == {Outcome.MATCH: 1}
    assert not is_doubted(kept.store.path)


def test_doubts_about_a_sound_store_are_dropped(kept: Kept) -> None:
    kept.write()
    doubt(kept.store.path)
    kept.write()
    assert not is_doubted(kept.store.path)
    doubt(kept.store.path)
    kept.write()
    assert is_doubted(kept.store.path)  # not every batch reads a whole file
    kept.clock.now += EXAMINING_SECONDS + 1
    kept.write()
    assert kept.outcomes() == {Outcome.MATCH: 4}
    assert not is_doubted(kept.store.path)
    assert kept.told == []


def test_damage_met_while_cleaning_up_is_examined_too(kept: Kept) -> None:
    kept.write(pair=pair())
    kept.keeper.close()
    kept.write()
    spoil(kept.store.path, "content")
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        kept.keeper.remove_old(AT + 365 * 86400, Keep())
    kept.clock.now += EXAMINING_SECONDS + 1
    kept.write()
    assert len(kept.told) == 1


def test_a_batch_is_written_once_though_its_store_was_replaced_in_between(kept: Kept) -> None:
    kept.write()
    kept.store.path.unlink()
    kept.write()
    with open_for_reading(kept.store.path) as reader:
        assert reader.execute("SELECT sum(n) FROM count").fetchone() == (1,)


def test_names_that_only_look_like_set_aside_stores_are_not() -> None:
    assert set_aside_at("s.db.broken-20261118T110640Z") is not None
    assert set_aside_at("s.db.broken-20261118T110640Z-wal") is None
    assert set_aside_at("s.db.broken-yesterday") is None
    assert set_aside_at("s.db") is None
