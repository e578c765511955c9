"""The files of a trail: ``NAME.jsonl`` is written, ``NAME.000001.jsonl`` and so on are full, the lowest number the oldest."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from console.audit.line import MAX_LINE


class RawLine(NamedTuple):
    """``raw`` is without the line's end, which the last line of a file lacks (``whole``) if it is being written, or was torn."""

    file: str
    at_line: int
    raw: bytes
    whole: bool


def full_files(path: Path) -> list[Path]:
    """Oldest first. Raises OSError."""
    name = re.compile(rf"{re.escape(path.stem)}\.(\d{{6,12}}){re.escape(path.suffix)}")
    found = [(int(match[1]), one) for one in path.parent.iterdir() if (match := name.fullmatch(one.name))]
    return [one for _, one in sorted(found)]


def next_full_file(path: Path) -> Path:
    """Where the file that is written goes when it is full. Raises OSError."""
    known = full_files(path)
    number = int(known[-1].stem.rpartition(".")[2]) + 1 if known else 1
    return path.with_name(f"{path.stem}.{number:06}{path.suffix}")


@contextmanager
def opened(path: Path) -> Iterator[list[tuple[str, IO[bytes]]]]:
    """All files, oldest first, as they are now, also if one becomes full meanwhile. Raises OSError."""
    with ExitStack() as stack:
        found: list[tuple[str, IO[bytes]]] = []
        try:
            now = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            now = None
        same = now.fileno() if now is not None else None
        for one in full_files(path) if path.parent.is_dir() else []:
            file = stack.enter_context(one.open("rb"))
            if same is None or not _is_same(file.fileno(), same):
                found.append((one.name, file))
        if now is not None:
            found.append((path.name, now))
        yield found


def raw_lines(name: str, file: IO[bytes]) -> Iterator[RawLine]:
    """Whatever the file holds: a line longer than any of ours comes in pieces. Raises OSError."""
    number = 0
    while raw := file.readline(2 * MAX_LINE):
        number += 1
        yield RawLine(name, number, raw.removesuffix(b"\n"), raw.endswith(b"\n"))


def _is_same(one: int, other: int) -> bool:
    return os.path.samestat(os.fstat(one), os.fstat(other))
