"""A damaged store is set aside, so that a new one can begin. One that is locked, full, read-only or newer never is: that passes.

Set-aside stores lie beside the store as ``NAME.broken-DATE`` (UTC), with ``-wal`` and ``-shm`` if it had them, so that SQLite's
tools find what belongs together. Nothing here removes one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shadow.store.errors import DamagedStore, StoreError

MAX_AN_HOUR: Final = 3
MAX_LYING: Final = 10
"""Set-aside stores at most, within an hour and in all: a disk that breaks every file must not be filled up with them."""

HOUR: Final = 3600.0
COMPANIONS: Final = ("-wal", "-shm")
_DATE: Final = "%Y%m%dT%H%M%SZ"
_SUFFIX: Final = re.compile(r"\.broken-(\d{8}T\d{6}Z)\Z")
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

FileId = tuple[int, int]
"""Device and inode."""


def is_damage(error: Exception) -> bool:
    """Whether what SQLite says is about the contents of the file, which no waiting will heal."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, DamagedStore) or (isinstance(code, int) and code & 0xFF in _DAMAGE)


def file_id(path: Path) -> FileId | None:
    """Of the file that ``path`` leads to, None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - one system call, before every batch
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def set_aside(path: Path, damaged: FileId | None, now: float) -> Path | None:
    """Rename the store with all that belongs to it; its new name. None if ``path`` is no longer the file that was ``damaged``:
    somebody else was quicker. Raises StoreError if too many lie there already, OSError if the disk does not let us."""
    real = path.resolve()  # SQLite keeps the companions beside the file, not beside a link to it
    target = real.with_name(f"{real.name}.broken-{datetime.fromtimestamp(now, UTC).strftime(_DATE)}")
    with _alone_in(real.parent):
        if damaged is None or file_id(real) != damaged:
            return None
        _refuse_too_many(real, target, now)
        # The file itself comes last: should we die in between, it is still there to be found damaged.
        for suffix in COMPANIONS:
            with contextlib.suppress(FileNotFoundError):
                Path(f"{real}{suffix}").rename(f"{target}{suffix}")
        real.rename(target)
    _doubt(real).unlink(missing_ok=True)
    return target


def set_aside_at(name: str) -> datetime | None:
    """When the file of this name was set aside, None if it was not."""
    found = _SUFFIX.search(name)
    return None if found is None else datetime.strptime(found[1], _DATE).replace(tzinfo=UTC)


def set_aside_beside(path: Path) -> list[Path]:
    """The stores that were set aside at ``path`` and still lie there, oldest first."""
    real = path.resolve()
    found = real.parent.glob(f"{_literal(real.name)}.broken-*")
    return sorted(file for file in found if set_aside_at(file.name) is not None)


def doubt(path: Path) -> None:
    """Leave word for the writer: a reader has seen damage. Whoever reads may be wrong, or may not write: it is a mere hint."""
    with contextlib.suppress(OSError):
        os.close(os.open(_doubt(path.resolve()), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


def is_doubted(path: Path) -> bool:
    return _doubt(path.resolve()).exists()


def examine(path: Path) -> None:
    """Read all of the file, and drop the doubts if it is sound. Raises DamagedStore, or what SQLite raises."""
    with closing(sqlite3.connect(path)) as fresh:  # the writer's own connection would look at what it remembers
        (found,) = fresh.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise DamagedStore(f"{path} is damaged: {found}")
    _doubt(path.resolve()).unlink(missing_ok=True)


def _doubt(real: Path) -> Path:
    return real.with_name(f"{real.name}.doubted")


def _refuse_too_many(real: Path, target: Path, now: float) -> None:
    dates = [at.timestamp() for file in set_aside_beside(real) if (at := set_aside_at(file.name))]
    recent = sum(now - at < HOUR for at in dates)
    if recent >= MAX_AN_HOUR or len(dates) >= MAX_LYING or target.exists():
        raise StoreError(
            f"{real} is damaged, and not set aside, since {recent} were within the hour and {len(dates)} lie there: look at the disk,"
            f" then remove {real.name}.broken-* and the store itself"
        )


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Of several instances on one store, only one at a time looks and renames."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
