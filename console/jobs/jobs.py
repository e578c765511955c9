"""The jobs that the console begins: each in a process of its own, one of a kind at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final

from console.jobs.asked import Asked, to_json
from console.jobs.files import JobFiles
from console.jobs.job import ENDED, Job, Kind, State
from console.store_files import jobs_directory

log = logging.getLogger(__name__)

CLOSING_SECONDS: Final = 1.0
"""How long jobs get to say that they were stopped when the console ends."""


class Busy(Exception):
    """``job`` is under way, and there is one of its kind at a time."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            f"a {job.kind} is under way already ({job.about}, begun by {job.by}): wait until it has ended, or stop it"
        )
        self.job = job


Ended = Callable[[Job], Awaitable[None]]


class Jobs:
    """Those of the store at ``store``; ``ended`` is told of each that we began, when it is over."""

    def __init__(self, store: str, ended: Ended) -> None:
        self.files = JobFiles(jobs_directory(store))
        self._store = store
        self._ended = ended
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._beginning = asyncio.Lock()

    async def begin(self, kind: Kind, about: str, by: str, asked: Asked) -> Job:
        """Raises Busy, or OSError where nothing can be written beside the store."""
        async with self._beginning:
            if (other := await asyncio.to_thread(self.files.running, kind)) is not None:
                raise Busy(other)
            file = await asyncio.to_thread(lambda: self.files.begin(kind, about, by=by, via="console"))
            said = {
                "job": file.job.to_json(),
                "lock": file.lock,
                "directory": str(jobs_directory(self._store)),
                "store": self._store,
                "asked": to_json(asked),
            }
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "console.jobs.child",
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(file.lock,),
                )
            except OSError as error:
                file.end(State.FAILED, f"no process could be started for it: {error.strerror}")
                raise
            file.hand_over()
        assert process.stdin is not None
        process.stdin.write(json.dumps(said).encode() + b"\n")
        self._running[file.job.id] = process
        task = asyncio.create_task(self._see_to_its_end(file.job, process))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return file.job

    def stop(self, id_: str) -> bool:
        """Whether it is ours, and still works. The end of its standard input is what it ends at; it says itself when it has."""
        process = self._running.get(id_)
        if process is None or process.stdin is None:
            return False
        process.stdin.close()
        return True

    async def close(self) -> None:
        """Stops them, and waits a little for what they have to say; then they are killed."""
        for id_ in self._running:
            self.stop(id_)
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=CLOSING_SECONDS)
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if self._waiting:
            await asyncio.wait(self._waiting)

    async def _see_to_its_end(self, job: Job, process: asyncio.subprocess.Process) -> None:
        try:
            await process.wait()
        finally:
            del self._running[job.id]
            if process.stdin is not None:
                process.stdin.close()
        found = await asyncio.to_thread(self.files.one, job.id)
        over = found if found is not None and found.state in ENDED else job.ended(State.LOST, time.time())
        if over.state is State.LOST:
            log.error("a job is lost", extra={"job": job.id, "kind": job.kind, "exit": process.returncode})
        await self._ended(over)
