"""What is said beside the result, and sentences that are one. Needs nothing to draw with: every command says something, few draw."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from typing import Final

import click

_EXCERPT: Final = re.compile(r"\s*\d* \|")
"""A line of a file with its number, and what points at a place in it."""

_INDENT: Final = re.compile(r" *(?:[-!] )?")


def talk(text: str) -> None:
    """To the person, not to the program behind the pipe."""
    click.echo(fitted(text, _width(sys.stderr)), err=True)


def tell(text: str) -> None:
    """To standard output: sentences, no table."""
    click.echo(fitted(text, _width(sys.stdout)))


def fitted(text: str, width: int | None) -> str:
    """No word is cut in two at the terminal's edge; what follows stands under what it follows. Excerpts of files stay as they are."""
    if width is None:
        return text
    return "\n".join(line if _EXCERPT.match(line) else _wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    indent = " " * len(_INDENT.match(line)[0])  # type: ignore[index]  # it matches nothing, too
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )


def _width(stream: object) -> int | None:
    """None where nobody looks: programs get their lines whole."""
    is_terminal = getattr(stream, "isatty", None)
    return shutil.get_terminal_size().columns if is_terminal is not None and is_terminal() else None
