"""How far long work is: a bar on standard error, on a terminal only, since whoever reads a pipe wants nothing of it; and whoever else wants to
be told."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from console.jobs.job import Told

T = TypeVar("T")


class Bar:
    """How far the work is. ``told`` learns it at the beginning, and whenever it has changed."""

    def __init__(self, words: str, total: int, *told: Told) -> None:
        self._words = words
        self._total = total
        self._done = 0
        self._told = told
        self._tell()

    def done(self, many: int = 1, words: str | None = None) -> None:
        """``many`` more are done; ``words`` say what is done from here on."""
        self._words = words or self._words
        self._done += many
        self._tell()

    def each(self, items: Iterable[T], many: int) -> Iterator[T]:
        """``items``, ``many`` more of them to do; each is done when the next one is taken."""
        self._total += many
        self._tell()
        for item in items:
            yield item
            self.done()

    def _tell(self) -> None:
        for told in self._told:
            told(self._words, self._done, self._total)


@contextmanager
def bar(words: str, total: int = 0, *told: Told, transient: bool = False) -> Iterator[Bar]:
    """``transient``: nothing of it stays on the screen."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    out = Console(stderr=True)
    with Progress(*columns, console=out, disable=not sys.stderr.isatty(), transient=transient) as progress:
        task = progress.add_task(words, total=total)

        def show(words: str, done: int, total: int) -> None:
            progress.update(task, description=words, completed=done, total=total)

        yield Bar(words, total, show, *told)
