"""The journal: every table that was put in force, with who changed it, when and why. Numbers go on over restarts.

It is written before a table is given to the workers, and never keeps one from them: a disk that hangs is waited for
``PATIENCE_SECONDS``, one that fails not at all. What could not be written is written with the next version.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from proxy.model.versions import TableVersion, read_versions

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0

MAX_BYTES = 32 * 1024 * 1024
"""Of the file. Beyond it the texts of the oldest versions are dropped, until half of it is free."""

MAX_VERSIONS = 10_000
"""Kept when the file is made smaller, most of them without their text."""

MAX_UNWRITTEN = 16


class Journal:
    """``error`` says why the journal lacks what was put in force, None if it lacks nothing. ``path`` None keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self.error: str | None = None
        self._path = path
        self._unwritten: list[TableVersion] = []
        self._writing: threading.Thread | None = None

    def put(self, version: TableVersion) -> TableVersion:
        """Keep ``version``, whose number is the least that it may have. Returns it with the number that it got; where the last version
        of the journal has the same text and such a number already, returns that one. Never raises."""
        if self._path is None:
            return version
        path = self._path
        kept = self._guarded(lambda: self._put(path, version))
        if kept is None:
            self._unwritten = [*self._unwritten, version][-MAX_UNWRITTEN:]
            log.error(
                "the journal of table versions cannot be written; the table goes in force all the same",
                extra={"file": str(path), "version": version.number, "detail": self.error},
            )
            return version
        return kept

    def amend(self, version: TableVersion) -> None:
        """Say of a version who made it and why, where that came to be known after it was put in force. Never raises."""
        if self._path is not None:
            path = self._path
            self._guarded(lambda: self._append(path, replace(version, text=None)))

    def _guarded(self, work: Callable[[], TableVersion]) -> TableVersion | None:
        """What ``work`` returns, None if it fails or takes too long; then ``error`` says why."""
        if self._writing is not None and self._writing.is_alive():
            self.error = f"{self._path}: an earlier write still waits for the disk"
            return None
        done: list[TableVersion] = []
        failed: list[OSError] = []

        def run() -> None:
            try:
                done.append(work())
            except OSError as error:
                failed.append(error)

        # A thread of its own, that nobody waits for at the end: a disk may hang for ever.
        self._writing = threading.Thread(target=run, name="journal", daemon=True)
        self._writing.start()
        self._writing.join(PATIENCE_SECONDS)
        if done:
            self.error = None
            return done[0]
        reason = (failed[0].strerror or str(failed[0])) if failed else f"no answer within {PATIENCE_SECONDS:g} s"
        self.error = f"{self._path}: {reason}"
        return None

    def _put(self, path: Path, version: TableVersion) -> TableVersion:
        with _locked(path.parent):
            known = read_versions(path)
            last = known[-1] if known else None
            if last is not None and last.number >= version.number and last.hash == version.hash:
                return last
            if last is not None:
                version = replace(version, number=max(version.number, last.number + 1))
            lines = [one for one in self._unwritten if last is None or one.number > last.number]
            _append(path, b"".join(one.to_line() for one in [*lines, version]))
            self._unwritten = []
            if path.stat().st_size > MAX_BYTES:
                _replace(path, shortened(read_versions(path)))
        return version

    @staticmethod
    def _append(path: Path, version: TableVersion) -> TableVersion:
        with _locked(path.parent):
            _append(path, version.to_line())
        return version


def shortened(versions: list[TableVersion]) -> list[TableVersion]:
    """The newest ones, the oldest of them without their texts, as far as it takes. The last one keeps its text. Pure."""
    room = MAX_BYTES // 2
    kept: list[TableVersion] = []
    for version in reversed(versions[-MAX_VERSIONS:]):
        room -= len(version.to_line())
        kept.append(version if room > 0 or not kept else replace(version, text=None))
    return kept[::-1]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two instances may write at once, while one takes over from the other. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _append(path: Path, lines: bytes) -> None:
    """All of it or nothing, on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        try:
            _write(descriptor, b"\n" * torn + lines)
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _replace(path: Path, versions: list[TableVersion]) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    try:
        try:
            _write(descriptor, b"".join(version.to_line() for version in versions))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
