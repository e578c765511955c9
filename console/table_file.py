"""Reads a route table for a command: a table, or an end that says all that is wrong."""

from __future__ import annotations

from pathlib import Path

from console.exits import Invalid
from proxy.model.table import Table
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, render_mistakes
from proxy.watch import Unreadable, read_text


def table_text(name: str) -> str:
    """The text of the file, of standard input for ``-``. Raises Invalid."""
    try:
        return read_text(Path("/dev/stdin") if name == "-" else Path(name))
    except Unreadable as error:
        raise Invalid(str(error)) from error
    except ValueError as error:
        raise Invalid(f"{name!r} is no name of a file: {error}") from error


def table_of(name: str) -> Table:
    """Raises Invalid, with every mistake in the table."""
    text = table_text(name)
    try:
        return load_table(text, source=name)
    except BadTable as error:
        raise Invalid(f"{name} is no good table\n{render_mistakes(error.mistakes, name, text).rstrip()}") from error
