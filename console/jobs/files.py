"""The files of jobs, beside the store: whoever works writes its own, whoever looks reads all of them.

A job's file is swapped whole. Beside it lies a lock, which its process holds for as long as it lives: so one that was killed is told
from one that has nothing to say for a while, from whichever container.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from console.exits import Complaint
from console.jobs.job import ENDED, ID, Document, Job, Kind, State, Told, job_of

MOST_ENDED: Final = 20
"""Ended jobs that are kept."""

MOST_BYTES: Final = 4 * 1024 * 1024
WRITE_SECONDS: Final = 0.2
"""Between two writings of one job: who looks sees no more of it."""


class JobFiles:
    """Those in ``directory``, which is made with the first."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def all(self) -> list[Job]:
        """Newest first. What is no job is left alone."""
        try:
            names = [one.stem for one in self._directory.glob("*.json")]
        except OSError:
            return []
        found = [job for name in names if (job := self.one(name)) is not None]
        return sorted(found, key=lambda job: -job.started_at)

    def one(self, id_: str) -> Job | None:
        """None if there is none. One whose process is gone is LOST."""
        if not ID.fullmatch(id_):
            return None
        job = self._read(id_)
        if job is None or job.state in ENDED or self._is_held(id_):
            return job
        job = self._read(id_)  # it may have ended just then
        return job if job is None or job.state in ENDED else replace(job, state=State.LOST)

    def running(self, kind: Kind) -> Job | None:
        return next((job for job in self.all() if job.kind is kind and job.state is State.RUNNING), None)

    def stamp(self) -> frozenset[tuple[str, int, bool]]:
        """Another one whenever something has changed; made without reading what the files hold."""
        try:
            with os.scandir(self._directory) as found:
                files = {one.name: one.stat().st_mtime_ns for one in found if one.name.endswith(".json")}
        except OSError:
            return frozenset()
        return frozenset((name, at, self._is_held(name.removesuffix(".json"))) for name, at in files.items())

    def begin(self, kind: Kind, about: str, *, by: str, via: str) -> JobFile:
        """Raises OSError."""
        self._make()
        self._forget()
        job = Job(id=secrets.token_hex(6), kind=kind, about=about, by=by, via=via, started_at=time.time())
        return JobFile(self._directory, job)

    def _make(self) -> None:
        """Whoever owns the store's folder may have put a link there, which root is not to follow."""
        if self._directory.is_symlink():
            raise NotADirectoryError(f"{self._directory} is a link")
        with contextlib.suppress(FileExistsError):
            self._directory.mkdir(mode=0o700)
            _give_to_owner_of(self._directory.parent, self._directory)
        if not self._directory.is_dir():
            raise NotADirectoryError(f"{self._directory} is a file")

    def _read(self, id_: str) -> Job | None:
        try:
            with (self._directory / f"{id_}.json").open("rb") as file:
                return job_of(json.loads(file.read(MOST_BYTES)))
        except (OSError, ValueError, RecursionError):
            return None

    def _is_held(self, id_: str) -> bool:
        try:
            with (self._directory / f"{id_}.lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _forget(self) -> None:
        """Those that ended long ago."""
        ended = [job for job in self.all() if job.state in ENDED]
        for job in ended[MOST_ENDED - 1 :]:
            for suffix in ("json", "lock"):
                with contextlib.suppress(OSError):
                    (self._directory / f"{job.id}.{suffix}").unlink()


class JobFile:
    """The file of one job, for its process. Telling how far it is never fails: that is no reason to end the work."""

    def __init__(self, directory: Path, job: Job, lock: int | None = None) -> None:
        """``lock`` is that of a job which another process began for us. Raises OSError."""
        self.job = job
        self._path = directory / f"{job.id}.json"
        self._written = 0.0
        self.lock = _locked(directory / f"{job.id}.lock") if lock is None else lock
        try:
            self._write()
        except OSError:
            os.close(self.lock)
            raise

    def hand_over(self) -> None:
        """Another process has ``lock`` now, and goes on."""
        os.close(self.lock)

    def told(self, step: str, done: int, total: int) -> None:
        news = step != self.job.step
        self.job = self.job.at(step, done, total)
        if news or time.monotonic() - self._written >= WRITE_SECONDS:
            with contextlib.suppress(OSError):
                self._write()

    def end(self, state: State, detail: str = "", result: Document | None = None) -> None:
        self.job = self.job.ended(state, time.time(), detail, result)
        with contextlib.suppress(OSError):
            self._write()
        os.close(self.lock)

    def _write(self) -> None:
        self._written = time.monotonic()
        draft = self._path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            _give_to_owner_of(self._path.parent, descriptor)
            json.dump(self.job.to_json(), file)
        draft.replace(self._path)


def _locked(path: Path) -> int:
    """It stays so for as long as a process has the descriptor."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _give_to_owner_of(path.parent, lock)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _give_to_owner_of(folder: Path, made: Path | int) -> None:
    """What root makes at a terminal, the console has to read, which is seldom root."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid)  # the descriptor of a file, or a folder that we have just made


@contextlib.contextmanager
def working(files: JobFiles, kind: Kind, about: str, by: str) -> Iterator[Told]:
    """What a command works on can be seen in the console until it ends. Where nothing can be written beside the store, it cannot."""
    try:
        file = files.begin(kind, about, by=by, via="command")
    except OSError:
        yield lambda _step, _done, _total: None
        return
    state, detail = State.FAILED, ""
    try:
        yield file.told
        state = State.DONE
    except KeyboardInterrupt:
        state = State.STOPPED
        raise
    except Complaint as error:
        detail = error.message
        raise
    finally:
        file.end(state, detail)
