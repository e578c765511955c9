"""Looks for acts in the audit log, newest first, without reading all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from console.audit.chain import Chain, verify
from console.audit.files import opened, raw_lines
from console.audit.line import OUTCOMES, Line, Step, parse
from proxy.model.log import rfc3339

MOST_FILES: Final = 2
"""Read for one list; where to go on is told."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``since`` is Unix time, ``who`` a name, ``text`` is looked for in all that a line tells; ``before`` is a line's number."""

    since: float | None = None
    who: str = ""
    text: str = ""
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Found:
    """Newest first; an act is one line: its outcome, or what was intended where nothing came of it yet. ``before`` is what to ask for
    next, None if there is no more. ``unread`` counts lines that are none."""

    lines: list[Line]
    before: int | None
    unread: int


def find(path: Path, wanted: Wanted) -> Found:
    """Raises OSError."""
    search = _Search(wanted)
    with opened(path) as files:
        while len(files) > 1 and wanted.before is not None and _first_number(files[-2][1]) >= wanted.before:
            files.pop()  # the file after the one that holds the line is read too: it may tell what came of acts
        for name, file in reversed(files):
            for raw in reversed([one.raw for one in raw_lines(name, file) if one.whole]):
                if search.is_over(raw):
                    return search.found()
            search.files += search.last > 0
            if search.files == MOST_FILES and search.last > 1:
                return search.found()
    search.last = 0
    return search.found()


class _Search:
    """``last`` is the number of the last line that was looked at: where to go on."""

    def __init__(self, wanted: Wanted) -> None:
        self.files = self.last = 0
        self._wanted = wanted
        self._since = "" if wanted.since is None else rfc3339(max(0.0, wanted.since))
        self._lines: list[Line] = []
        self._ended: set[str] = set()
        self._unread = 0

    def is_over(self, raw: bytes) -> bool:
        """Look at one more line; True if no more are needed."""
        line = parse(raw)
        if line is None:
            self._unread += 1
            return False
        is_told = line.said.step is Step.INTENDED and line.said.act in self._ended
        if line.said.step in OUTCOMES:
            self._ended.add(line.said.act)
        if self._wanted.before is not None and line.number >= self._wanted.before:
            return False
        if len(self._lines) == self._wanted.limit:
            return True
        if line.at < self._since:
            self.last = 0
            return True
        self.last = line.number
        if not is_told and _fits(line, self._wanted):
            self._lines.append(line)
        return False

    def found(self) -> Found:
        return Found(self._lines, self.last or None, self._unread)


def check(path: Path) -> Chain:
    """Raises OSError."""
    with opened(path) as files:
        return verify(line for name, file in files for line in raw_lines(name, file))


def everything(path: Path, wanted: Wanted) -> Iterator[Line]:
    """All pages, newest first. Raises OSError."""
    before: int | None = wanted.before
    while True:
        found = find(path, Wanted(wanted.since, wanted.who, wanted.text, before, wanted.limit))
        yield from found.lines
        if found.before is None:
            return
        before = found.before


def _first_number(file: IO[bytes]) -> int:
    """Of the lines in it; 0 if it has none."""
    numbers = (line.number for one in raw_lines("", file) if (line := parse(one.raw)) is not None)
    number = next(numbers, 0)
    file.seek(0)
    return number


def _fits(line: Line, wanted: Wanted) -> bool:
    if wanted.who and line.said.by != wanted.who:
        return False
    sought = wanted.text.casefold()
    said = line.said
    members = (*said.of.values(), *said.before.values(), *said.after.values())
    return any(sought in text.casefold() for text in (said.what, said.words, said.right, said.step, *members))
