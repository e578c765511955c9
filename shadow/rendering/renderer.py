"""Has known mismatches rendered by deepdiff, in a process of its own that can be ended at any time (shadow/rendering/render.py)."""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
import threading
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, Self

from proxy.model.table import CompareRules
from shadow.compare import Limits
from shadow.model import Answer
from shadow.rendering.told import MAX_SHOWN, Rendered, told_plainly

SECONDS: Final = 5.0
"""For one rendering."""
MEMORY: Final = 512 * 1024 * 1024
"""Bytes that the process may take beyond what it begins with."""
START_SECONDS: Final = 20.0

_COMMAND: Final = (sys.executable, "-P", "-m", "shadow.rendering.render")
_LIMITS: Final = Limits(differences=MAX_SHOWN, clock=time.thread_time)


class TooMuch(Exception):
    """It takes too long, or too much memory."""


class Renderer:
    """Starts the process when there is something to render, and keeps it. For any thread but one that runs an event loop:
    ``render`` waits."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    @property
    def pid(self) -> int | None:
        """Of the process, if there is one."""
        return self._process.pid if self._process is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def render(self, control: Answer, candidate: Answer, rules: CompareRules) -> Rendered:
        """As ``render`` in shadow/rendering/render.py. What is too large for it is told in the comparison's own words, with a note that says so."""
        _refuse_event_loop()
        with self._lock:
            try:
                return self._rendered(pickle.dumps((control, candidate, rules)))
            except (TooMuch, OSError, EOFError):
                self._end()
        return told_plainly(control, candidate, rules, _LIMITS, "too large to render")

    def close(self) -> None:
        with self._lock:
            self._end()

    def _rendered(self, request: bytes) -> Rendered:
        connection = self._connection or self._start()
        connection.send_bytes(request)
        rendered: Rendered = json.loads(_received(connection, self._seconds))
        return rendered

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        self._connection = ours
        with theirs:
            self._process = subprocess.Popen(
                (*_COMMAND, str(theirs.fileno()), str(self._memory)),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what it might say there could quote an answer
            )
        _received(ours, START_SECONDS)
        return ours

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._connection = None


def _received(connection: Connection, seconds: float) -> bytes:
    if not connection.poll(seconds):
        raise TooMuch
    return connection.recv_bytes()


def _refuse_event_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("rendering waits for another process: not in the thread of an event loop")
