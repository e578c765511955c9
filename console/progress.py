"""The bar of long work, on standard error and on a terminal only: whoever reads a pipe gets nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

T = TypeVar("T")


class Bar:
    """How far the work is."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._total = 0

    def done(self, many: int = 1, words: str | None = None) -> None:
        """``many`` more are done; ``words`` say what is done from here on."""
        self._progress.update(self._task, description=words, advance=many)

    def each(self, items: Iterable[T], many: int) -> Iterator[T]:
        """``items``, ``many`` more of them to do; each is done when the next one is taken."""
        self._total += many
        self._progress.update(self._task, total=self._total)
        for item in items:
            yield item
            self.done()


@contextmanager
def bar(words: str, total: int = 0, *, transient: bool = False) -> Iterator[Bar]:
    """``transient``: nothing of it stays on the screen."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    out = Console(stderr=True)
    with Progress(*columns, console=out, disable=not sys.stderr.isatty(), transient=transient) as progress:
        yield Bar(progress, progress.add_task(words, total=total))
