"""Writes lines from a thread of its own: bounded, in few large pieces, and nobody who adds a line ever waits for the sink.

The thread does nothing but write: whatever it would compute, it would compute in competition with the event loop.
"""

from __future__ import annotations

import os
import select
import stat
import threading
from collections import deque
from collections.abc import Callable
from typing import Self

INTERVAL_SECONDS = 0.1
"""How long a line waits at most before it is written; what a killed process takes with it is no older."""

PIPE_BYTES = 4096
"""PIPE_BUF on Linux: several processes share one pipe, and only writes up to this size arrive in one piece."""

FILE_BYTES = 256 * 1024

CLOSE_SECONDS = 1.0
"""How long closing waits for a slow sink."""


class LineWriter:
    """Lines go to ``write``, which takes all of its bytes or raises OSError, in pieces of at most ``piece`` bytes that end
    with a line (a longer line is a piece of its own).

    ``dropped`` counts lines that found ``limit`` others waiting, and lines that could not be written; ``on_drop`` is told the
    new total, in whichever thread it happens.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        *,
        limit: int,
        piece: int = PIPE_BYTES,
        on_drop: Callable[[int], object] = lambda _total: None,
    ) -> None:
        self._write = write
        self._limit = limit
        self._piece = piece
        self._on_drop = on_drop
        self._lines: deque[bytes] = deque()
        self._refused = 0
        self._lost = 0
        self._closing = threading.Event()
        self._writing = threading.Thread(target=self._run, name="line-writer", daemon=True)

    @property
    def dropped(self) -> int:
        return self._refused + self._lost

    def add(self, line: bytes) -> bool:
        """Take the line, or count it as dropped; says which. Never waits."""
        lines = self._lines
        if len(lines) < self._limit:
            lines.append(line)
            return True
        self._refused += 1
        self._on_drop(self.dropped)
        return False

    def start(self) -> None:
        self._writing.start()

    def close(self) -> None:
        """Write what is waiting, within ``CLOSE_SECONDS``; what a blocked sink does not take by then is lost."""
        self._closing.set()
        if self._writing.is_alive():
            self._writing.join(CLOSE_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.wait(INTERVAL_SECONDS):
            self._write_waiting()
        self._write_waiting()

    def _write_waiting(self) -> None:
        lines = self._lines
        while count := len(lines):
            for piece in pieces_of(b"".join([lines.popleft() for _ in range(count)]), self._piece):
                try:
                    self._write(piece)
                except OSError:
                    self._lose(piece.count(b"\n"))

    def _lose(self, lines: int) -> None:
        self._lost += lines
        self._on_drop(self.dropped)


def pieces_of(data: bytes, most: int) -> list[bytes]:
    """``data`` cut behind lines, into pieces of at most ``most`` bytes where lines allow it."""
    pieces = []
    at = 0
    while len(data) - at > most:
        end = data.rfind(b"\n", at, at + most) + 1 or data.find(b"\n", at) + 1 or len(data)
        pieces.append(data[at:end])
        at = end
    return [*pieces, data[at:]] if at < len(data) else pieces


def piece_for(descriptor: int) -> int:
    """How much to write at once to ``descriptor``, which other processes may write to as well."""
    mode = os.fstat(descriptor).st_mode
    return PIPE_BYTES if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else FILE_BYTES


def write_to(descriptor: int) -> Callable[[bytes], None]:
    """A sink that writes all of its bytes to ``descriptor``, also to one that somebody made non-blocking."""

    def write(data: bytes) -> None:
        waiting = memoryview(data)
        while waiting:
            try:
                taken = os.write(descriptor, waiting)
                waiting = waiting[taken:]
            except BlockingIOError:
                select.select([], [descriptor], [])

    return write
