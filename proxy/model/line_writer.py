"""Writes lines from a thread of its own: bounded, in batches, and nobody who adds a line ever waits for the sink."""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Self, TypeVar

Entry = TypeVar("Entry")

INTERVAL_SECONDS = 0.1
"""How long a line waits at most before it is written; what a killed process takes with it is no older."""

CHUNK_BYTES = 4096
"""PIPE_BUF on Linux: several processes share one pipe, and only writes up to this size arrive in one piece."""

YIELD_SECONDS = 0.0005
"""Pause between chunks, so that the event loop's thread gets the interpreter long before it would have to fight for it."""

CLOSE_SECONDS = 1.0
"""How long closing waits for a slow sink."""


class LineWriter(Generic[Entry]):
    """Entries are rendered to whole lines and handed to ``write``, both in the thread.

    ``write`` takes all of its bytes or raises OSError. ``dropped`` counts entries that found ``limit`` others waiting, and
    lines that could not be rendered or written; ``on_drop`` is told the new total, in whichever thread it happens.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        render: Callable[[Entry], bytes],
        *,
        limit: int,
        on_drop: Callable[[int], object] = lambda _total: None,
    ) -> None:
        self._write = write
        self._render = render
        self._limit = limit
        self._on_drop = on_drop
        self._entries: deque[Entry] = deque()
        self._carried = b""
        self._refused = 0
        self._lost = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="line-writer", daemon=True)

    @property
    def dropped(self) -> int:
        return self._refused + self._lost

    def add(self, entry: Entry) -> bool:
        """Take the entry, or count it as dropped; says which. Never waits."""
        entries = self._entries
        if len(entries) < self._limit:
            entries.append(entry)
            return True
        self._refused += 1
        self._on_drop(self.dropped)
        return False

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Write what is waiting, within ``CLOSE_SECONDS``; what a blocked sink does not take by then is lost."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

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
        while lines := self._next_lines():
            try:
                self._write(b"".join(lines))
            except OSError:
                self._lose(len(lines))
            if not self._closing.is_set():
                time.sleep(YIELD_SECONDS)

    def _next_lines(self) -> list[bytes]:
        """As many lines as fit in one chunk, at least one if any waits."""
        lines = [self._carried] if self._carried else []
        size = len(self._carried)
        self._carried = b""
        while self._entries:
            line = self._rendered(self._entries.popleft())
            if lines and size + len(line) > CHUNK_BYTES:
                self._carried = line
                break
            if line:
                lines.append(line)
                size += len(line)
        return lines

    def _rendered(self, entry: Entry) -> bytes:
        try:
            return self._render(entry)
        except Exception:  # noqa: BLE001 - one bad entry must not end the log; it is counted
            self._lose(1)
            return b""

    def _lose(self, lines: int) -> None:
        self._lost += lines
        self._on_drop(self.dropped)


def write_to(descriptor: int) -> Callable[[bytes], None]:
    """A sink that writes all of its bytes to ``descriptor``, also to one that somebody made non-blocking."""

    def write(data: bytes) -> None:
        waiting = memoryview(data)
        while waiting:
            try:
                waiting = waiting[os.write(descriptor, waiting) :]
            except BlockingIOError:
                select.select([], [descriptor], [])

    return write
