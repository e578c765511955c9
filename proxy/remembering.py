"""Remembers who has just written, where the table asks for it: in memory that all workers share."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy.shared_words import mapped_words, own_words
from proxy.writers import WORDS, Writers

if TYPE_CHECKING:
    from proxy.model.counters import Counters
    from proxy.routing import Routing

log = logging.getLogger(__name__)

NAME: Final = "writers"
"""The file in the run directory that workers share."""


class Remembering:
    """For one worker."""

    __slots__ = ("_counters", "_directory", "_forgotten", "_writers")

    def __init__(self, counters: Counters, directory: Path) -> None:
        self._counters = counters
        self._directory = directory
        self._forgotten = counters.slot("strangler_writers_forgotten")
        self._writers: Writers | None = None

    def use(self, routing: Routing) -> None:
        """Who has written stays remembered when a table is replaced."""
        if not routing.watches_writes:
            return
        if self._writers is None:
            self._writers = Writers(_shared(self._directory / NAME), time.monotonic_ns)
        routing.remember(self._writers)

    def tick(self) -> None:
        if self._writers is not None:
            self._counters.values[self._forgotten] = self._writers.forgotten


def _shared(path: Path) -> memoryview:
    try:
        return mapped_words(path, WORDS)
    except OSError as error:
        log.warning("writers are remembered in each worker alone", extra={"detail": str(error)})
        return own_words(WORDS)
