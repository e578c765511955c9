"""Reads a route table for a command: a table, or an end that says all that is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

from console.exits import Invalid
from proxy.model.table import Table
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, render_mistakes
from proxy.table.reading import MAX_BYTES


def table_text(name: str) -> bytes:
    """What is in the file, in standard input for ``-``; the loader judges it. Raises Invalid."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise Invalid(
            f"{name}: {error.strerror}; check the path, or begin one with `strangler init --legacy URL`"
        ) from error
    except OSError as error:
        raise Invalid(f"{name}: {error.strerror}; check the path and its permissions") from error
    except ValueError as error:
        raise Invalid(f"{name!r} is no name of a file: {error}") from error


def table_of(name: str) -> Table:
    """Raises Invalid, with every mistake in the table."""
    text = table_text(name)
    try:
        return load_table(text, source=name)
    except BadTable as error:
        raise Invalid(f"{name} is no good table\n{render_mistakes(error.mistakes, name, text).rstrip()}") from error
