"""Whether the chain holds: every line numbered, with the hash of the one before it, from the first to the last. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from console.audit.files import RawLine
from console.audit.line import NOTHING_BEFORE, Line, Step, hash_of_line, parse


@dataclass(frozen=True, slots=True)
class Chain:
    """``first`` and ``last`` are the numbers of the lines that are there, 0 for none; ``head`` is the hash of the last one. ``broken`` says
    where the chain breaks first, and why; ``torn`` counts lines that a crash tore."""

    first: int
    last: int
    head: str
    torn: int
    broken: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "whole": self.broken is None,
            "first": self.first,
            "last": self.last,
            "head": self.head,
            "torn": self.torn,
            "broken": self.broken,
        }


class _Walk:
    """Goes from line to line and stops at the first that does not follow."""

    def __init__(self) -> None:
        self.first = self.last = self.torn = 0
        self.head = NOTHING_BEFORE
        self.removed_to = 0
        self.unread: RawLine | None = None

    def take(self, one: RawLine) -> str | None:
        """What is wrong with it, or None."""
        line = parse(one.raw)
        if line is None:
            if self.unread is not None:
                return "it is no line of an audit log"
            self.unread = one  # a crash may have torn it; then the next line says so
            return None
        wrong = self._of_unread(line) or self._does_not_follow(line)
        if wrong:
            return wrong
        self.first = self.first or line.number
        self.last, self.head = line.number, hash_of_line(one.raw)
        if line.said.step is Step.ROTATED:
            self.removed_to = max(self.removed_to, _number(line.said.of.get("removed_to", "0")))
        return None

    def _of_unread(self, line: Line) -> str | None:
        torn, self.unread = self.unread, None
        if torn is None:
            return None
        of = {"bytes": str(len(torn.raw)), "hash": hash_of_line(torn.raw)}
        if line.said.step is not Step.TORN or line.said.of != of:
            return f"line {torn.at_line} of {torn.file} is no line of an audit log, and this one does not say that a crash tore it"
        self.torn += 1
        return None

    def _does_not_follow(self, line: Line) -> str | None:
        if not self.last:  # of the lines before it those may be gone that were too old
            return None if line.number > 1 or line.chain == NOTHING_BEFORE else "something stood before the first line"
        if line.number != self.last + 1:
            return f"its number is {line.number} and not {self.last + 1}: lines were taken out or put in"
        return None if line.chain == self.head else f"the line before it (number {self.last}) was changed, or this one"


def verify(lines: Iterable[RawLine]) -> Chain:
    """``lines`` are those of all files, oldest first."""
    walk = _Walk()
    broken: str | None = None
    for one in lines:
        wrong = walk.take(one)
        if wrong:
            broken = f"{one.file}, line {one.at_line}: {wrong}"
            break
    torn = walk.torn
    if not broken and walk.unread is not None:
        if walk.unread.whole:
            broken = f"{walk.unread.file}, line {walk.unread.at_line}: it is no line of an audit log"
        torn += 1  # or it is being written just now
    if not broken and walk.first > max(1, walk.removed_to + 1):
        broken = f"the first line has number {walk.first}: the lines before it are gone, and no line says that they were too old"
    return Chain(walk.first, walk.last, walk.head, torn, broken)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
