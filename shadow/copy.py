"""What is sent to the other side: the captured request, without what belongs to one hop, marked as a copy. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from proxy.model.edits import CONDITIONAL, NEVER_SENT
from proxy.model.message import RequestHead

MARK: Final = ("X-Shadow", "1")
"""Tells the receiver that this is a copy. The live path strips it from what clients send."""

_NOT_SENT: Final = frozenset(name.encode() for name in NEVER_SENT)
_NOT_ASKED: Final = _NOT_SENT | {name.encode() for name in CONDITIONAL}
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_UNSENDABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Unrepeatable(ValueError):
    """This request cannot be sent again as it was; the message says why."""


@dataclass(frozen=True, slots=True)
class Copy:
    """``target`` and ``headers`` are text that encodes to the captured bytes."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def safe(self) -> bool:
        """May be asked again without asking anybody (RFC 9110 section 9.2.1; of the safe methods, those that are copied)."""
        return self.method in _SAFE_METHODS


def copy_of(head: RequestHead, body: bytes) -> Copy:
    """Without conditions if it is safe: a 304 or 412 has nothing to compare. On a write they protect what is there, and stay.

    Raises Unrepeatable for bytes that would not arrive as they were sent.
    """
    method = _text(head.method)
    left_out = (_NOT_ASKED if method in _SAFE_METHODS else _NOT_SENT) | _named_by_connection(head)
    # aiohttp lets a line replace an earlier one of the same name in another case, so all take the first one's spelling.
    spelling: dict[bytes, str] = {}
    headers = [
        (spelling.setdefault(lower, _text(name)), _text(value))
        for name, value in head.headers
        if (lower := name.lower()) not in left_out
    ]
    headers.append(MARK)
    return Copy(method, _text(head.target), tuple(headers), body)


def _named_by_connection(head: RequestHead) -> frozenset[bytes]:
    values = [value for name, value in head.headers if name.lower() == b"connection"]
    return frozenset(token.strip(b" \t").lower() for value in values for token in value.split(b","))


def _text(piece: bytes) -> str:
    # aiohttp writes heads as UTF-8 and silently leaves out what does not encode, so only what survives the way there and
    # back may go: a copy that differs from the original would be judged for something nobody asked.
    try:
        text = piece.decode()
    except UnicodeDecodeError as error:
        raise Unrepeatable(f"bytes that are not UTF-8: {piece[:80]!r}") from error
    if _UNSENDABLE.search(text):
        raise Unrepeatable("control bytes in the head")
    return text
