"""What is wrong with a table, where, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_WIDTH = 110
"""Columns of a source line that are shown; a longer line is cut around the place that is meant."""

_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|\$\{[^}]*\}|[^\s,{}\[\]:#]+(?::(?=\S)[^\s,{}\[\]#]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to correct. ``line`` and ``column`` count from 1; ``suggestion`` is what to write instead, or None."""

    line: int
    column: int
    message: str
    suggestion: str | None = None


class BadTable(ValueError):
    """The text is no table. ``mistakes`` are all that were found, in the order of the text; never empty."""

    def __init__(self, mistakes: Iterable[Mistake], source: str = "routes.yaml") -> None:
        unique = {(mistake.line, mistake.column, mistake.message): mistake for mistake in mistakes}
        self.mistakes = tuple(unique[key] for key in sorted(unique))
        self.source = source
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(f"{self.source}:{m.line}:{m.column}: {m.message}" for m in self.mistakes)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """``did you mean "orders"?`` for the nearest known word, else None."""
    known = sorted(known)
    by_folded = {name.lower().replace("-", "_"): name for name in reversed(known)}
    near = difflib.get_close_matches(word.lower().replace("-", "_"), by_folded, n=1, cutoff=0.6)
    return f'did you mean "{by_folded[near[0]]}"?' if near else None


def quoted(text: object) -> str:
    """A value within a message: short, on one line, and harmless on a terminal."""
    shown = _printable(str(text))
    return f'"{shown[:57]}..."' if len(shown) > 60 else f'"{shown}"'


def render_mistakes(mistakes: Iterable[Mistake], source: str, text: str | bytes) -> str:
    """Each mistake with its place, its line of the source, a caret, and help; one blank line between two."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    return "\n\n".join(_render(mistake, source, lines) for mistake in mistakes) + "\n"


def _render(mistake: Mistake, source: str, lines: list[str]) -> str:
    head = f"{source}:{mistake.line}:{mistake.column}: error: {_printable(mistake.message)}"
    rendered = [head]
    if mistake.line <= len(lines) and lines[mistake.line - 1].strip():
        rendered += _excerpt(lines[mistake.line - 1], mistake.line, mistake.column - 1)
    if mistake.suggestion:
        rendered.append(f"  help: {_printable(mistake.suggestion)}")
    return "\n".join(rendered)


def _excerpt(line: str, number: int, at: int) -> list[str]:
    at = min(at, len(line))
    word = _WORD.match(line, at)
    span = len(word[0]) if word else 1
    start = max(0, at - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = line[start : start + _WIDTH]
    carets = max(1, min(span, len(shown) - (at - start)))
    gutter = f"{number:>5} | "
    return [gutter + _printable(shown), " " * (len(gutter) - 2) + "| " + " " * (at - start) + "^" * carets]


def _printable(text: str) -> str:
    """One column a character: a file is shown to a terminal that it must not command."""
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
