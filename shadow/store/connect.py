"""Opens the SQLite file: for the one writer, and read-only for everybody else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import quote

from shadow.store.damage import doubt, is_damage
from shadow.store.errors import DamagedStore, NewerStore, NoStore, StoreError

APPLICATION: Final = 0x53_54_52_47
"""Marks the file as ours (``STRG``)."""

PAGE: Final = 4096
MAX_BYTES: Final = 4 * 1024 * 1024 * 1024
"""Size of the file at most, whatever retention says; then batches fail as on a full disk."""

LOCKED_SECONDS: Final = 1.0
"""How long to wait for somebody else's lock. The writer thread tries again after that."""

READER_SECONDS: Final = 5.0
"""Readers are people who wait: they are only told when it takes so long."""


@cache
def migrations() -> list[tuple[int, str]]:
    """The numbered SQL files, oldest first."""
    found = [entry for entry in files("shadow.store").joinpath("migrations").iterdir() if entry.name.endswith(".sql")]
    return sorted((int(entry.name[:4]), entry.read_text(encoding="utf-8")) for entry in found)


def open_for_writing(path: Path, *, max_bytes: int, locked_seconds: float | None = None) -> sqlite3.Connection:
    """Make the file if there is none (mode 0600), bring it up to date. Waits ``locked_seconds`` (LOCKED_SECONDS, if not given) for somebody
    else's lock, now and at each statement. Raises StoreError, OSError or sqlite3.Error."""
    if not path.parent.is_dir():
        raise StoreError(f"{path.parent} is no directory: make it, or choose another --store")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # -wal and -shm take over this mode
    connection = sqlite3.connect(
        path, timeout=LOCKED_SECONDS if locked_seconds is None else locked_seconds, isolation_level=None
    )
    try:
        _set_up(connection, max_bytes)
        _migrate(connection, path)
        # Not before: while a migration makes a table anew, dropping the old one would take all rows with it that refer to it.
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def open_for_reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One consistent view of the store, brought up to date before if an older strangler wrote it. Raises NoStore, DamagedStore, or
    StoreError for what cannot be read."""
    if not path.is_file():
        raise NoStore(
            f"there is no store at {path}: nothing has been recorded yet. `strangler serve` makes it; --store names another"
        )
    connection: sqlite3.Connection | None = None
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        connection = sqlite3.connect(
            uri, uri=True, timeout=READER_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN")  # before the first look: a writer may be making the file at this moment
        version = _version(connection, path)
        if version == 0:
            raise NoStore(f"{path} holds nothing yet: start `strangler serve` and send it some requests")
        if version < migrations()[-1][0]:
            connection.execute("COMMIT")
            _bring_up_to_date(path)
            connection.execute("BEGIN")
        yield connection
    except sqlite3.Error as error:
        if is_damage(error):
            doubt(path)
            raise DamagedStore(
                f"cannot read {path}: it is damaged ({error}). A running `strangler serve` sets it aside and begins a new one"
            ) from error
        raise StoreError(f"cannot read {path}: {error}") from error
    finally:
        if connection is not None:
            connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. The lock is taken at once, so that nothing can fail for it half-way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        raise


def _set_up(connection: sqlite3.Connection, max_bytes: int) -> None:
    connection.execute(f"PRAGMA page_size = {PAGE}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only a new file listens to this one and the one before
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")  # what retention deletes is overwritten
    connection.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
    connection.execute(f"PRAGMA max_page_count = {max(1, max_bytes // PAGE)}")


def _bring_up_to_date(path: Path) -> None:
    try:
        open_for_writing(path, max_bytes=MAX_BYTES).close()
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{path} was written by an older strangler and cannot be brought up to date ({error}): start `strangler serve` on it"
            " once, or make it writable for this user"
        ) from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    steps = migrations()
    if _version(connection, path) >= steps[-1][0]:
        return
    with transaction(connection):
        done = _version(connection, path)  # another process may have been quicker
        for number, script in steps:
            if number > done:
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The number of the last migration, 0 for an empty file. Raises StoreError for a file that is not ours, or newer."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if application != APPLICATION and (application or version or tables):
        raise StoreError(f"{path} is another program's database: choose another --store")
    newest = migrations()[-1][0]
    if version > newest:
        raise NewerStore(
            f"{path} was written by a newer strangler (schema {version}, this one knows {newest}): "
            "use that version, or choose another --store"
        )
    return version


def _statements(script: str) -> Iterator[str]:
    """executescript() would commit behind our back, so the script is cut here, where SQLite itself says a statement ends."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
