"""Texts of tables for tests: a smallest good one, and helpers that say which mistakes a text has."""

from __future__ import annotations

import pytest

from proxy.model.table import Route, Table
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, Mistake

BACKENDS = """version: 1
backends:
  legacy: { url: http://127.0.0.1:8000 }
  orders: { url: http://127.0.0.1:9000 }
  search: { url: http://127.0.0.1:9001 }
"""


def load(text: str, **environ: str) -> Table:
    return load_table(text, environ=environ)


def routes(*lines: str) -> Table:
    """A table of one-line routes."""
    return load(with_routes(*lines))


def with_routes(*lines: str) -> str:
    return BACKENDS + "routes:\n" + "".join(f"  - {line}\n" for line in lines)


def route(line: str) -> Route:
    (only,) = routes(line).routes
    return only


def mistakes(text: str | bytes, **environ: str) -> tuple[Mistake, ...]:
    with pytest.raises(BadTable) as caught:
        load_table(text, environ=environ)
    return caught.value.mistakes


def mistake(text: str | bytes, **environ: str) -> Mistake:
    """The one mistake of a text."""
    (only,) = mistakes(text, **environ)
    return only
