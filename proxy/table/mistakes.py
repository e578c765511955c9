"""What is wrong with a table, where, and what to write instead."""

from __future__ import annotations

import difflib
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BAD_VALUE: Final = "bad-value"
ERROR: Final = "error"
WARNING: Final = "warning"

_WIDTH: Final = 80
"""Columns, where nobody says how wide the terminal is."""

_WORD: Final = re.compile(
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|\$\{[^}]*\}|[^\s,{}\[\]:#]+(?:(?::(?=[^\s,}\]])| +(?=[^\s,{}\[\]:#]))[^\s,{}\[\]:#]+)*"
)
"""A value as it is written: in quotes, a variable, or words up to what ends them."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to correct. ``line`` and ``column`` count from 1; ``suggestion`` is what to write instead, or None. ``code`` names what
    sort of thing it is, and stays the same from version to version; docs/reference/lint.md has them all."""

    line: int
    column: int
    message: str
    suggestion: str | None = None
    code: str = BAD_VALUE
    severity: str = ERROR


class BadTable(ValueError):
    """The text is no table. ``mistakes`` are all that were found, in the order of the text; never empty."""

    def __init__(self, mistakes: Iterable[Mistake], source: str = "routes.yaml") -> None:
        unique = {(mistake.line, mistake.column, mistake.message): mistake for mistake in mistakes}
        self.mistakes = tuple(unique[key] for key in sorted(unique))
        self.source = source
        super().__init__(self.mistakes)

    @property
    def places(self) -> str:
        """Where what sort of mistake is, without words: those may hold what variables stand for."""
        return ", ".join(f"{self.source}:{m.line}:{m.column}: [{m.code}]" for m in self.mistakes)

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


def render_mistakes(mistakes: Iterable[Mistake], source: str, text: str | bytes, width: int | None = None) -> str:
    """Each mistake with its place, its line of the source, a caret, and help; one blank line between two. Sentences are broken at
    ``width``; without one they stay on one line, for whoever searches or cuts them."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    return "\n\n".join(_render(mistake, source, lines, width) for mistake in mistakes) + "\n"


def _render(mistake: Mistake, source: str, lines: list[str], width: int | None) -> str:
    place = f"{_printable(source)}:{mistake.line}:{mistake.column}"
    head = f"{place}: {mistake.severity}: {_printable(mistake.message)} [{mistake.code}]"
    rendered = [_broken(head, width)]
    if mistake.line <= len(lines) and lines[mistake.line - 1].strip():
        rendered += excerpt(lines[mistake.line - 1], mistake.line, mistake.column - 1, width or _WIDTH)
    if mistake.suggestion:
        rendered.append(_broken(f"  help: {_printable(mistake.suggestion)}", width, "        "))
    return "\n".join(rendered)


def _broken(sentence: str, width: int | None, indent: str = "    ") -> str:
    if width is None or len(sentence) <= width:
        return sentence
    return textwrap.fill(
        sentence, max(width, 40), subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def excerpt(line: str, number: int, at: int, width: int) -> list[str]:
    """The line, cut around the place that is meant, and carets below all of what is meant."""
    gutter = f"{number:>5} | "
    room = max(width - len(gutter), 32)
    at = min(at, len(line))
    word = _WORD.match(line, at)
    end = min(word.end() if word else at + 1, len(line))
    start = max(0, at - room) if at > room // 2 and _columns(line[: at + 2 * room]) > room else 0
    end = min(end, at + room)
    while start and start < at - 8 and _columns(line[start:end]) > room - 6:
        start += 1
    ahead = "..." if start else ""
    shown = ahead + line[start : start + 2 * room]
    at, end = (index - start + len(ahead) for index in (at, end))
    if _columns(shown) > room or start + 2 * room < len(line):
        while _columns(shown) > room - 3:
            shown = shown[:-1]
        shown, end = f"{shown}...", min(end, len(shown))
    carets = max(1, _columns(shown[at:end]))
    return [gutter + _printable(shown), " " * (len(gutter) - 2) + "| " + " " * _columns(shown[:at]) + "^" * carets]


def _columns(text: str) -> int:
    """As many as a terminal takes for it."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _printable(text: str) -> str:
    """A file is shown to a terminal that it must not command."""
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
