"""What both directions share: the table of fields that remembers spellings, and lists of lines. Pure."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from proxy.model.message import Headers

USUAL_CONNECTION: Final = frozenset({b"keep-alive", b"close", b"Keep-Alive", b"Close"})
"""Values of Connection that nominate nothing, so that most messages need no further look."""

LONGEST_LENGTH: Final = 20
"""Digits of a Content-Length, leading zeros included."""

_Reader = TypeVar("_Reader")


class Readers(dict[bytes, _Reader | None], Generic[_Reader]):
    """A field table that remembers each spelling it has met, so that a usual field costs one dict lookup. None: keep it.

    Bounded: a hostile peer may invent spellings for ever. ``underscores`` is what becomes of a known name that is written with
    underscores: CGI-style servers read them as hyphens, so it would be believed as if it were the real one.
    """

    __slots__ = ("_table", "_underscores")

    def __init__(self, table: dict[bytes, _Reader], underscores: _Reader | None) -> None:
        super().__init__()
        self._table = table
        self._underscores = underscores

    def __missing__(self, name: bytes) -> _Reader | None:
        lower = name.lower()
        reader = self._table.get(lower)
        if b"_" in lower and lower.replace(b"_", b"-") in self._table:
            reader = self._underscores
        if len(self) < 4096 and len(name) <= 64:
            self[name] = reader
        return reader


def size_of(headers: Headers) -> int:
    """Bytes of names and values."""
    return sum(len(name) + len(value) for name, value in headers)


def tokens(value: bytes) -> set[bytes]:
    """The members of a comma-separated list, in lower case."""
    return {token.strip().lower() for token in value.split(b",")} - {b""}


def without(lines: list[bytes], names: set[bytes]) -> list[bytes]:
    return [line for line in lines if line.partition(b":")[0].lower() not in names]
