"""Results: JSON for programs, the same on every channel, and files, which are there whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from console.exits import Invalid

_QUOTED: Final = json.encoder.encode_basestring_ascii
_WRITERS: Final[dict[type, Callable[[Any], str]]] = {str: _QUOTED, int: int.__repr__}
"""Of what most values are."""


def print_json(document: Any) -> None:
    """Indented, in ASCII: nothing in it can move a cursor, and any terminal and pipe can take it."""
    click.echo(json_text(document))


def json_text(document: Any) -> str:
    """As ``json.dumps`` with an indent of 2, in half the time: that one has no code in C for it, and reports are large."""
    return _indented(document, "\n")


def _indented(value: Any, line: str) -> str:
    """``line`` begins a line as deep as ``value``."""
    if value is None:
        return "null"
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value)
    inner = line + "  "
    if value and isinstance(value, dict):
        members = [f"{_name(name)}: {_indented(member, inner)}" for name, member in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{line}}}"
    if value and isinstance(value, list | tuple):
        return f"[{inner}{f',{inner}'.join([_indented(item, inner) for item in value])}{line}]"
    return json.dumps(value)


def _name(name: Any) -> str:
    """Of a member: always text in JSON."""
    return _QUOTED(name if isinstance(name, str) else json.dumps(name))


def hand_over(text: str, name: str | None) -> None:
    """To the file ``name``, or standard output for None and ``-``. Raises Invalid."""
    if name in {None, "-"}:
        click.echo(text)
        return
    try:
        write_whole(str(name), f"{text}\n")
    except (OSError, ValueError) as error:
        raise Invalid(f"cannot write {name}: {getattr(error, 'strerror', None) or error}") from error
    click.echo(f"written to {name}", err=True)


def write_whole(name: str, text: str, *, replace: bool = True) -> None:
    """All of ``text`` or nothing; with the rights that any new file has here. What is no regular file (a pipe, a terminal) is written
    to. Raises OSError: FileExistsError where nobody said to replace what is there."""
    path = Path(name).resolve()  # a link stays a link
    if replace and path.exists() and not stat.S_ISREG(path.stat().st_mode):
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        return
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)  # unlike rename, this refuses to replace
    finally:
        draft.unlink(missing_ok=True)
