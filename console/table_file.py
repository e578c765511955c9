"""Reads a route table for a command: a table, or an end that says all that is wrong."""

from __future__ import annotations

from pathlib import Path

import click

from console.exits import Invalid
from proxy.model.table import Table
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, render_mistakes

MAX_BYTES = 4 * 1024 * 1024
"""More is not even read; a table may have far less, and its loader says so."""


def table_text(name: str) -> bytes:
    """What is in the file, in standard input for ``-``; the loader judges it. Raises Invalid."""
    try:
        if name == "-":
            return click.get_binary_stream("stdin").read(MAX_BYTES)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES)
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
