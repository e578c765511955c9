"""The secrets of one pair, found where their names or looks gave them away: hidden wherever else they stand. Pure.

A page repeats the token of its request, and a difference shows a value without the name beside it.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from shadow.redact.hide import StandIn
from shadow.redact.spelled import Reading, readings

MAX_KNOWN: Final = 500
"""Secrets of one pair that are looked for elsewhere. All are hidden where they were found."""

_LONGEST: Final = 4096
_SHORTEST_EXACT: Final = 3
_SHORTEST: Final = 8
_WORDS: Final = 12
"""Letters alone are looked for within texts from this length on: shorter ones may be words."""

_PART: Final = 6
"""Characters of a secret that a cut may leave."""

_CUT: Final = ("…", "from character ")


class Known:
    """``add`` what was hidden; ``swept`` is a text without it."""

    __slots__ = ("_exact", "_ordered", "_within")

    def __init__(self) -> None:
        self._exact: set[str] = set()
        self._within: dict[str, str] = {}
        """How it may be written, and the secret."""
        self._ordered: list[tuple[str, str]] = []

    def add(self, secret: str) -> None:
        if len(self._exact) >= MAX_KNOWN or not _SHORTEST_EXACT <= len(secret) <= _LONGEST or secret in self._exact:
            return
        self._exact.add(secret)
        if len(secret) >= _WORDS or (len(secret) >= _SHORTEST and not secret.isalpha()):
            for spelling in _spellings(secret):
                self._within.setdefault(spelling, secret)

    def add_basic(self, credentials: str) -> None:
        """``user:password`` in base64 (RFC 7617)."""
        try:
            plain = base64.b64decode(credentials, validate=True).decode()
        except (ValueError, binascii.Error):
            return
        self.add(plain)
        self.add(plain.partition(":")[2])

    def swept(self, text: str, hide: StandIn) -> str:
        known = self._longest_first()
        for spelling, secret in known:
            if spelling in text:
                text = text.replace(spelling, hide(secret))
        found = [span for reading in readings(text) for span in self._found(reading)] if known else []
        return _replaced(text, found, hide) if found else text

    def _found(self, reading: Reading) -> Iterator[tuple[int, int, str]]:
        """Where secrets stand in ``reading``: start and end in the text, and the secret."""
        for spelling, secret in self._longest_first():
            at = reading.text.find(secret) if spelling == secret else -1
            while at >= 0:
                yield *reading.span(at, at + len(secret)), secret
                at = reading.text.find(secret, at + len(secret))

    def swept_value(self, value: str, hide: StandIn) -> str:
        """A value as a difference shows it: a document of JSON, or an excerpt of a text."""
        if not self._exact:
            return value
        if unquoted(value) in self._exact:
            return hide(unquoted(value))
        swept = self.swept(value, hide)
        return self._without_ends(swept, hide) if any(mark in swept for mark in _CUT) else swept

    def _longest_first(self) -> list[tuple[str, str]]:
        """One secret may be the beginning of another."""
        if len(self._ordered) != len(self._within):
            self._ordered = sorted(self._within.items(), key=lambda item: -len(item[0]))
        return self._ordered

    def _without_ends(self, value: str, hide: StandIn) -> str:
        """An excerpt may begin or end within a secret."""
        start = value.find('"') + 1
        end = value.find("…", start)
        end = len(value) if end < 0 else end
        text = value[start:end].rstrip('"')
        behind = value[start + len(text) :]
        for spelling, secret in self._longest_first():
            if len(text) >= _PART and text in spelling:
                return value[:start] + hide(secret) + behind
            kept = next((n for n in range(len(spelling) - 1, _PART - 1, -1) if text.startswith(spelling[-n:])), 0)
            if kept:
                text = hide(secret) + text[kept:]
            kept = next((n for n in range(len(spelling) - 1, _PART - 1, -1) if text.endswith(spelling[:n])), 0)
            if kept:
                text = text[:-kept] + hide(secret)
        return value[:start] + text + behind


def _replaced(text: str, found: list[tuple[int, int, str]], hide: StandIn) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, secret in sorted(found, key=lambda one: (one[0], -one[1])):
        if end > at:
            pieces += (text[at:start], hide(secret))
            at = end
    return "".join((*pieces, text[at:]))


def _spellings(secret: str) -> set[str]:
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode().rstrip("="),
    }


def unquoted(value: str) -> str:
    """The text that a difference shows as a JSON string; of anything else, the value itself."""
    if value[:1] != '"':
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
