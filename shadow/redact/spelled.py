"""A text as it reads: character references, escapes and percent-encoding are other spellings of characters. Pure, linear.

What is hidden must be hidden however it is spelled, so what is found in the reading has to be found again in the text.
"""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Final
from urllib.parse import unquote

_SPELLED: Final = re.compile(
    r"&(?:#[0-9]{1,9};?|#[xX][0-9A-Fa-f]{1,8};?|[A-Za-z][A-Za-z0-9]{1,31};)|(?:\\u[0-9A-Fa-f]{4})+|\\x[0-9A-Fa-f]{2}|\\[\"'/\\]|(?:%[0-9A-Fa-f]{2})+"
)
_MARKS: Final = ("&", "\\", "%")
_MOST: Final = 3
"""Spellings of spellings: ``%2540``, ``&amp;#64;``."""


class Reading:
    """``text`` is the reading; ``span`` finds what stands in it where it was written."""

    __slots__ = ("_before", "_ends", "_starts", "_within", "text")

    def __init__(self, text: str, before: Reading | None = None) -> None:
        self._before = before
        pieces: list[str] = []
        written: list[tuple[int, int]] = []
        at = 0
        for found in _SPELLED.finditer(text):
            for piece, start, end in ((text[at : found.start()], at, found.start()), (_read(found[0]), *found.span())):
                if piece:
                    pieces.append(piece)
                    written.append((start, end))
            at = found.end()
        if at < len(text):
            pieces.append(text[at:])
            written.append((at, len(text)))
        self.text = "".join(pieces)
        self._within = [0, *accumulate(map(len, pieces))]
        """Where each piece begins in the reading."""
        self._starts = [start for start, _ in written]
        self._ends = [end for _, end in written]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Of ``text[start:end]``, which is not empty: what is written there, whole spellings only."""
        first, last = bisect_right(self._within, start) - 1, bisect_right(self._within, end - 1) - 1
        written = self._at(first, start), self._at(last, end - 1, end=True)
        return written if self._before is None else self._before.span(*written)

    def _at(self, piece: int, at: int, *, end: bool = False) -> int:
        start, stop = self._starts[piece], self._ends[piece]
        if stop - start == self._within[piece + 1] - self._within[piece]:  # written as it reads
            return start + at - self._within[piece] + end
        return stop if end else start


def readings(text: str) -> Iterator[Reading]:
    """Of a text in which something is spelled otherwise, and of what that reads, a few times."""
    before: Reading | None = None
    for _ in range(_MOST):
        if not any(mark in text for mark in _MARKS):
            return
        reading = Reading(text, before)
        if reading.text == text:
            return
        yield reading
        before, text = reading, reading.text


def _read(spelled: str) -> str:
    if spelled[0] == "&":
        return html.unescape(spelled)
    if spelled[0] == "%":
        return unquote(spelled, errors="backslashreplace")
    if spelled[1] == "u":
        return str(json.loads(f'"{spelled}"'))
    return bytes.fromhex(spelled[2:]).decode("latin-1") if spelled[1] == "x" else spelled[1]
