"""JSON results: for programs, and the same on every channel."""

from __future__ import annotations

import json
from typing import Any

import click


def print_json(document: Any) -> None:
    """Indented, in ASCII: nothing in it can move a cursor, and any terminal and pipe can take it."""
    click.echo(json.dumps(document, indent=2))
