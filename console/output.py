"""Results: JSON for programs, the same on every channel, and files, which are there whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

import click

from console.exits import Invalid


def print_json(document: Any) -> None:
    """Indented, in ASCII: nothing in it can move a cursor, and any terminal and pipe can take it."""
    click.echo(json_text(document))


def json_text(document: Any) -> str:
    return json.dumps(document, indent=2)


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
