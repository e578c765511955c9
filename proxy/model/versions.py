"""Versions of the route table as the journal keeps them: one JSON object a line, oldest first. The supervisor writes, everybody reads.

A line may be torn by a crash, and is passed over then. A later line of the same number says more of that version.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from proxy.model.log import rfc3339

FILE: Final = "file"
"""Who changed the table when somebody edited its file by hand: who that was is not known."""

MAX_BY: Final = 200
MAX_REASON: Final = 2000
"""Characters that are kept of who and why."""


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One table that was put in force. ``at`` is Unix time, ``hash`` that of the text; ``text`` is None where the version had no file
    (``--legacy``), or is so old that it was dropped."""

    number: int
    at: float
    by: str
    reason: str
    hash: str
    source: str
    text: str | None = None

    def to_line(self) -> bytes:
        fields = {
            "version": self.number,
            "at": self.at,
            "by": self.by,
            "reason": self.reason,
            "hash": self.hash,
            "source": self.source,
            "text": self.text,
        }
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"

    def to_json(self) -> dict[str, Any]:
        """For people and programs, without the text."""
        return {
            "version": self.number,
            "at": rfc3339(self.at),
            "by": self.by,
            "reason": self.reason,
            "hash": self.hash,
            "source": self.source,
            "has_text": self.text is not None,
        }


def hash_of(text: str) -> str:
    """The same for equal texts: what a writer holds against the file before it changes it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def versions_in(data: bytes) -> list[TableVersion]:
    """Those that the journal's bytes hold, by number."""
    found: dict[int, TableVersion] = {}
    for line in data.split(b"\n"):
        version = _version(line)
        if version is None:
            continue
        before = found.get(version.number)
        if before is not None and version.text is None:
            version = replace(version, text=before.text)
        found[version.number] = version
    return [found[number] for number in sorted(found)]


def read_versions(path: Path) -> list[TableVersion]:
    """An empty list if there is no journal yet. Raises OSError."""
    try:
        return versions_in(path.read_bytes())
    except FileNotFoundError:
        return []


def _version(line: bytes) -> TableVersion | None:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match read:
        case {
            "version": int(number),
            "at": int() | float() as at,
            "by": str(by),
            "reason": str(reason),
            "hash": str(hash_),
            "source": str(source),
            "text": str() | None as text,
        }:
            return TableVersion(number, float(at), by, reason, hash_, source, text)
        case _:
            return None
