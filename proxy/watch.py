"""Notices that the table's file changed: cheap polling that follows symlinks, survives renames and waits for writers.

A ConfigMap swaps a symlink two levels up, editors rename a new file into place, shells truncate and write: all of them show
in the device, inode, size or time of the file that the path leads to, and none of them needs a notification service.
"""

from __future__ import annotations

import enum
import stat
from pathlib import Path
from typing import NamedTuple

POLL_SECONDS = 0.25
SETTLE_SECONDS = 0.2
"""How long a file must stay the same before it is read: its writer may be half-way."""
LONGEST_SECONDS = 2.0
"""A file that does not stay the same for so long is read in the middle of it."""
MISSING_SECONDS = 2.0
"""How long a file may be missing: some editors and tools remove it before they write it anew."""

MAX_BYTES = 4 * 1024 * 1024
"""More is not even read; a table may have far less, and its loader says so."""


class Stamp(NamedTuple):
    """What changes whenever a file's content does."""

    device: int
    inode: int
    size: int
    modified: int


class Look(enum.Enum):
    """What to do after a look at the file."""

    WAIT = enum.auto()
    READ = enum.auto()
    MISSING = enum.auto()


class Unreadable(Exception):
    """The file cannot be read as text; the message says why and what to do."""


class Settling:
    """Decides when to read a file, or several that belong together, from their stamps, None if one is missing. Pure: time is an
    argument, in seconds on any clock."""

    def __init__(self, known: tuple[object, ...] | None) -> None:
        self._read = known
        self._seen = known
        self._since = 0.0
        self._changing_since: float | None = None
        self._told_missing = False
        self._again_at: float | None = None
        self._is_second_look = False

    def look(self, stamp: tuple[object, ...] | None, now: float) -> Look:
        if stamp != self._seen:
            self._seen, self._since = stamp, now
            self._told_missing = False
            if self._changing_since is None:
                self._changing_since = now
        if stamp is None:
            self._changing_since = None
            return self._missing(now)
        if self._changing_since is not None:
            if now - self._since < SETTLE_SECONDS and now - self._changing_since < LONGEST_SECONDS:
                return Look.WAIT
            self._changing_since = None
        if stamp != self._read:
            self._read, self._is_second_look, self._again_at = stamp, False, None
            return Look.READ
        if self._again_at is not None and now >= self._again_at:
            self._is_second_look, self._again_at = True, None
            return Look.READ
        return Look.WAIT

    def is_finally_bad(self, now: float) -> bool:
        """What was read is no good: whether that stands, or a second look is due, since the writer may have paused."""
        if self._is_second_look:
            return True
        self._again_at = now + SETTLE_SECONDS
        return False

    def _missing(self, now: float) -> Look:
        if self._told_missing or now - self._since < MISSING_SECONDS:
            return Look.WAIT
        self._told_missing = True
        self._read = None  # should the very same file come back, it is read again
        return Look.MISSING


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of what ``path`` leads to, None if there is nothing to be seen."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return Stamp(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)


def read_text(path: Path, *, again: bool = False) -> str:
    """The file's text. ``again`` takes files only: what a pipe had to say it has said. Raises Unreadable."""
    try:
        if again and not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable(f"{path}: not a regular file; name the file that holds the table")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}; check the path and its permissions") from error
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{path}: larger than {MAX_BYTES // 1024 // 1024} MiB; this is hardly a route table")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from error
