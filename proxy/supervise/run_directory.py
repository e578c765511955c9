"""The run directory: sockets and counters of one instance, for its user only, gone when the instance is.

Its owner holds a lock in it for life, so a directory whose lock is free is what a killed supervisor left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from proxy.supervise.cannot_start import CannotStart

LOCK = "supervisor.lock"

MAX_SOCKET_PATH = 107
"""Bytes that the name of a Unix socket may have on Linux."""

LONGEST_NAME = "/tap-99.sock"

NEWBORN_SECONDS = 60.0
"""A directory without a lock may be about to get one; after this time it will not."""


@contextlib.contextmanager
def run_directory(wanted: str = "") -> Iterator[Path]:
    """A directory of our own (mode 0700), or ``wanted``, which is kept. Raises CannotStart."""
    directory = _given(Path(wanted)) if wanted else _made()
    lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if not _locked(lock):
            raise CannotStart(f"{directory} belongs to another running instance; give each its own")
        yield directory
    finally:
        if not wanted:
            shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _given(directory: Path) -> Path:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"cannot make the run directory {directory}: {error.strerror}") from error
    return directory


def _made() -> Path:
    prefix = f"strangler-{os.getuid()}-"
    tried = []
    for base in _bases():
        # mkdtemp adds eight characters; a socket in the directory must still have a name that fits.
        if len(os.fsencode(base / f"{prefix}12345678{LONGEST_NAME}")) > MAX_SOCKET_PATH:
            tried.append(f"{base}: its name is too long")
            continue
        remove_stale(base, prefix)
        try:
            return Path(tempfile.mkdtemp(prefix=prefix, dir=base))
        except OSError as error:
            tried.append(f"{base}: {error.strerror}")
    raise CannotStart(f"no place for a run directory ({'; '.join(tried)}); set TMPDIR to a directory that we may write")


def _bases() -> list[Path]:
    """Where to try, best first."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    bases = [Path(runtime)] if runtime else []
    with contextlib.suppress(FileNotFoundError):  # gettempdir() finds no writable place at all
        bases.append(Path(tempfile.gettempdir()))
    return [*dict.fromkeys([*bases, Path("/tmp")])]  # noqa: S108 - mkdtemp makes a private directory in it


def remove_stale(base: Path, prefix: str) -> None:
    """Remove what dead supervisors of this user left in ``base``."""
    for directory in base.glob(f"{prefix}*"):
        if _is_ours(directory) and _is_abandoned(directory):
            shutil.rmtree(directory, ignore_errors=True)


def _is_ours(directory: Path) -> bool:
    try:
        seen = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()


def _is_abandoned(directory: Path) -> bool:
    try:
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return _age(directory) > NEWBORN_SECONDS
    try:
        return _locked(lock)
    finally:
        os.close(lock)


def _age(directory: Path) -> float:
    try:
        return time.time() - directory.lstat().st_mtime
    except FileNotFoundError:
        return 0.0
