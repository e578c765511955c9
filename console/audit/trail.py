"""Writes the audit log: appends lines under a lock, on the disk before it returns. The console process and commands write at once.

A line that a crash tore stays where it is, and the next one says so. A file that is full is renamed, and the chain goes on in a new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from console.audit.files import full_files, next_full_file
from console.audit.line import MAX_LINE, NOTHING_BEFORE, Line, Said, Step, hash_of_line, parse
from proxy.model.log import rfc3339

MAX_FILE: Final = 16 * 1024 * 1024
MAX_FILES: Final = 64
"""Of the file that is written, and how many full ones are kept beside it: 1 GiB, a million acts."""

_LOCK_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.01
_TRIES: Final = 100


class CannotAudit(Exception):
    """The line is not in the log, so what it is about must not happen; the message says why."""


class _End(NamedTuple):
    """Where a file ends: its last line, and what stands behind that, torn or foreign."""

    number: int
    chain: str
    torn: bytes


_NO_END: Final = _End(0, NOTHING_BEFORE, b"")
_BEGIN: Final = b'{"number":'


class Trail:
    """``error`` says what was wrong when a line was written last, None if nothing was."""

    def __init__(self, path: Path, *, max_file: int = MAX_FILE, max_files: int = MAX_FILES) -> None:
        self.path = path
        self.error: str | None = None
        self._max_file = max_file
        self._max_files = max_files
        self._own = threading.Lock()

    def open(self) -> None:
        """Make the file if there is none, and know whether there is room for a line. Never raises."""
        with contextlib.suppress(CannotAudit):
            self._guarded(())

    def append(self, *said: Said) -> list[Line]:
        """All of them or none, on the disk. Raises CannotAudit."""
        return self._guarded(said)

    def _guarded(self, said: tuple[Said, ...]) -> list[Line]:
        try:
            with self._own:
                lines = self._append(said)
        except OSError as error:
            self.error = f"the audit log {self.path} cannot be written: {error.strerror or error}"
            raise CannotAudit(self.error) from error
        self.error = None
        return lines

    def _append(self, said: tuple[Said, ...]) -> list[Line]:
        while True:
            with self._locked() as descriptor:
                size = os.fstat(descriptor).st_size
                if size + (len(said) + 2) * MAX_LINE <= self._max_file or size == 0:
                    return self._written(descriptor, size, said)
                self.path.rename(next_full_file(self.path))
                _sync_folder(self.path.parent)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """The file that has our name, locked. Raises OSError."""
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            descriptor = _open(self.path)
            try:
                while not _lock(descriptor):
                    if time.monotonic() > deadline:
                        raise TimeoutError(None, "somebody else keeps it locked")
                    time.sleep(_LOOK_SECONDS)
                if _is_at(descriptor, self.path):  # else it became full while we waited
                    yield descriptor
                    return
            finally:
                os.close(descriptor)

    def _written(self, descriptor: int, size: int, said: tuple[Said, ...]) -> list[Line]:
        full = full_files(self.path) if size == 0 else []
        end = _end_of(descriptor, size)
        if not end.number:
            end = self._end_before()._replace(torn=end.torn)
        gone = full[: -self._max_files] if len(full) > self._max_files else []
        told = [*self._first(full, gone, size), *_of_torn(end.torn), *said]
        lines = _numbered(end, told)
        raw = b"".join(line.to_bytes() + b"\n" for line in lines)
        _write(descriptor, size, _mend(end.torn) + raw)
        if size == 0:
            _sync_folder(self.path.parent)
        for one in gone:
            with contextlib.suppress(OSError):  # then it goes with the next one
                one.unlink(missing_ok=True)
        return lines[len(lines) - len(said) :]

    def _first(self, full: list[Path], gone: list[Path], size: int) -> list[Said]:
        """What a new file begins with."""
        if size:
            return []
        if not full:
            return [Said(step=Step.OPENED)]
        of = {"file": full[-1].name}
        if gone:
            of |= {"removed": f"{gone[0].name} to {gone[-1].name}", "removed_to": str(_last_of(gone[-1]).number)}
        return [Said(step=Step.ROTATED, of=of)]

    def _end_before(self) -> _End:
        """The end of the newest full file that has one."""
        for one in reversed(full_files(self.path)):
            end = _last_of(one)
            if end.number:
                return end
        return _NO_END


def _open(path: Path) -> int:
    """Whoever makes it gives it to the owner of its folder: a command of root must not shut out the console."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
    for _ in range(_TRIES):  # another writer may rename it, or make it, at any moment
        with contextlib.suppress(FileNotFoundError):
            return _regular(os.open(path, flags))
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            if os.geteuid() == 0:
                folder = path.parent.stat()
                os.fchown(descriptor, folder.st_uid, folder.st_gid)
            return descriptor
    raise OSError(None, "it is a link that leads nowhere")


def _regular(descriptor: int) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, "it is no regular file")
    return descriptor


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _numbered(end: _End, told: list[Said]) -> list[Line]:
    lines: list[Line] = []
    chain, now = end.chain, rfc3339(time.time())
    for number, said in enumerate(told, end.number + 1):
        lines.append(Line(number, now, said.bounded(), chain))
        chain = hash_of_line(lines[-1].to_bytes())
    return lines


def _of_torn(torn: bytes) -> list[Said]:
    """``torn`` may be a whole line that lacks only its end; then nothing is to be told."""
    if not torn or parse(torn.strip(b"\n")) is not None:
        return []
    return [Said(step=Step.TORN, of={"bytes": str(len(torn)), "hash": hash_of_line(torn)})]


def _mend(torn: bytes) -> bytes:
    return b"\n" if torn else b""


def _last_of(path: Path) -> _End:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _end_of(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def _end_of(descriptor: int, size: int) -> _End:
    """Number 0 if it has no line. All of the file is read only if somebody else wrote into it. Raises OSError if it is not ours."""
    begin = os.pread(descriptor, len(_BEGIN), 0)
    if not _BEGIN.startswith(begin) and begin.strip(b"\0"):
        raise OSError(None, "what stands in it is no audit log")
    for length in (4 * MAX_LINE, size):
        tail = os.pread(descriptor, length, max(0, size - length))
        *whole, rest = tail.split(b"\n")
        if rest and (line := parse(rest)) is not None:
            return _End(line.number, hash_of_line(rest), rest)
        for raw in reversed(whole):
            if (line := parse(raw)) is not None:
                return _End(line.number, hash_of_line(raw), rest)
    return _NO_END._replace(torn=rest)


def _write(descriptor: int, size: int, data: bytes) -> None:
    """All of it or nothing, on the disk; of nothing, whether there would be room. Raises OSError."""
    try:
        if not data:
            os.posix_fallocate(descriptor, size, MAX_LINE)
            os.ftruncate(descriptor, size)
            return
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
