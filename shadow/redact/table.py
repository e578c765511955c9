"""Secrets in tables that are text: columns of secret names, as the first line says. Pure, linear."""

from __future__ import annotations

import re
from typing import Final

from shadow.redact.hide import Hide
from shadow.redact.patterns import redact_text

TABLES: Final = frozenset({"text/csv", "application/csv", "text/tab-separated-values", "application/vnd.ms-excel"})
"""Media types; the last is what some browsers and spreadsheets call CSV."""

_DELIMITERS: Final = ",;\t|"
_LINE_ENDS: Final = frozenset({"\r\n", "\n", "\r"})


def redact_table(text: str, hide: Hide) -> str:
    """RFC 4180 and its kin; what is not secret stays as it was written."""
    return redact_text(_without_columns(text, hide), hide)


def _without_columns(text: str, hide: Hide) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]
    cell = _cell(max(_DELIMITERS, key=first.count))
    secret: list[bool] = []
    pieces: list[str] = []
    column, at, in_head = 0, 0, True
    while at < len(text):
        found = cell.match(text, at)
        assert found is not None  # an empty cell matches anywhere
        value, end, at = found["cell"], found["end"], found.end()
        if in_head:
            secret.append(hide.names(_plain(value).strip()))
        elif value and column < len(secret) and secret[column]:
            value = hide(_plain(value))
        pieces += value, end
        column += 1
        if end in _LINE_ENDS:
            if in_head and column == 1 and not found["cell"]:
                secret.clear()  # an empty line before the names
            else:
                in_head = False
            column = 0
    return "".join(pieces)


def _cell(delimiter: str) -> re.Pattern[str]:
    """One cell, and what ends it. A quote without an end goes to the end of the text."""
    mark = re.escape(delimiter)
    return re.compile(rf'(?P<cell>"(?:[^"]|"")*(?:"[^{mark}\r\n]*|\Z)|[^{mark}\r\n]*)(?P<end>{mark}|\r\n|\n|\r|\Z)')


def _plain(cell: str) -> str:
    return cell[1:].removesuffix('"').replace('""', '"') if cell[:1] == '"' else cell
