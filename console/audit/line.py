"""One line of the audit log, and its bounds. Pure.

What stands in it are names: of people, rights, addresses, routes, signatures, pairs, hashes of tables. Never what anybody typed, sent or got.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

MAX_LINE: Final = 4096
"""Bytes, with the line's end."""

MAX_TEXT: Final = 200
MAX_MEMBERS: Final = 6
MAX_MEMBER: Final = 96
"""Bytes of one text as JSON writes it, and how many members ``of``, ``before`` and ``after`` may have, each so long at most."""

NOTHING_BEFORE: Final = "0" * 64
"""In place of the hash where there is no line before."""

_NAME: Final = re.compile(r"[\w.*{}/:+-]{1,100}", re.ASCII)


class Step(StrEnum):
    """What a line is. Those of acts: INTENDED before it, one of the next three after it."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    OPENED = "opened"
    ROTATED = "rotated"
    TORN = "torn"


OUTCOMES: Final = frozenset({Step.DONE, Step.REFUSED, Step.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a line tells. ``what`` is the address or the command, ``of`` what it is about, ``words`` what changed; ``status`` is that of the
    answer, or the exit code."""

    step: Step
    act: str = ""
    by: str = ""
    via: str = ""
    what: str = ""
    right: str = ""
    of: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    status: int | None = None

    def bounded(self) -> Said:
        """Short enough for a line, whoever wrote its texts."""
        texts: dict[str, Any] = {
            name: cut(getattr(self, name), MAX_TEXT) for name in ("act", "by", "via", "what", "right", "words")
        }
        members: dict[str, Any] = {name: _members(getattr(self, name)) for name in ("of", "before", "after")}
        return replace(self, **texts, **members)


@dataclass(frozen=True, slots=True)
class Line:
    """``number`` counts the lines of all files, ``at`` is as in RFC 3339, ``chain`` the hash of the line before."""

    number: int
    at: str
    said: Said
    chain: str

    def to_bytes(self) -> bytes:
        """Without the line's end."""
        fields = {"number": self.number, "at": self.at, **asdict(self.said), "chain": self.chain}
        return json.dumps(fields, separators=(",", ":")).encode()

    def to_json(self) -> dict[str, Any]:
        """For people and programs."""
        return {"number": self.number, "at": self.at, **asdict(self.said)}


def hash_of_line(raw: bytes) -> str:
    """``raw`` is without the line's end."""
    return hashlib.sha256(raw).hexdigest()


def parse(raw: bytes) -> Line | None:
    """None if it is no line of an audit log."""
    try:
        read = json.loads(raw)
        said = {name: read[name] for name in Said.__dataclass_fields__}
        line = Line(read["number"], read["at"], Said(**{**said, "step": Step(said["step"])}), read["chain"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return line if len(read) == len(said) + 3 and _is_sound(line) else None


def name_or_hash(text: str) -> str:
    """``text`` if it is a plain name; of anything else only its hash."""
    if _NAME.fullmatch(text):
        return text
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}" if text else ""


def cut(text: str, most: int) -> str:
    """So much of it that JSON writes it in ``most`` bytes."""
    text = text[:most]
    while len(json.dumps(text)) > most:
        text = text[: len(text) * 7 // 8]
    return text


def _members(given: Mapping[str, str]) -> dict[str, str]:
    return {cut(name, MAX_MEMBER // 4): cut(value, MAX_MEMBER) for name, value in list(given.items())[:MAX_MEMBERS]}


def _is_sound(line: Any) -> bool:
    """Whether the types are right: what a file holds, anybody may have written."""
    said = line.said
    texts = (line.at, line.chain, said.act, said.by, said.via, said.what, said.right, said.words)
    members = (said.of, said.before, said.after)
    return (
        isinstance(line.number, int)
        and line.number > 0
        and all(isinstance(one, str) for one in texts)
        and all(isinstance(one, dict) and all(isinstance(value, str) for value in one.values()) for one in members)
        and (said.status is None or isinstance(said.status, int))
    )
