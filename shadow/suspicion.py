"""Whether a path may hold something secret of its pair: finding all secrets of a pair is dear, and most paths are plain names. Pure.

It errs on the side of suspicion. What is looked for elsewhere has eight characters at least (``redact/known``), so a path that shares no
eight with the messages' heads holds none of it as it was sent; base64 of it is looked for too.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from proxy.model.message import Headers

_LENGTH: Final = 8
_DECODED_LENGTH: Final = 6
"""Of eight characters in base64, what lies in whole groups."""

_LONGEST: Final = 120
"""Characters of a path that is looked at; a longer one is suspicious."""

_REMEMBERED: Final = 512
"""Paths, each with some kilobytes of what it may share."""

_PLAIN: Final = re.compile(r'\$?(?:(?:\.|^|header:|body:)"?[@#]?[A-Za-z_-]{1,40}"?|\[[0-9]{0,9}\]|\.\*{1,2})*')
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{11,}")
_DISGUISED: Final = re.compile(r"\\|%25|&#|&[a-z]{2,31};|\bbasic ", re.IGNORECASE)
"""Escapes, percent-encoding of percent-encoding, character references, base64: what is sent is not what is meant."""

_TEXT: Final = re.compile(rb"[ -~]{6,}")


def heads(identity: str, target: bytes, *several: Headers) -> str:
    """What was sent with a request and its answers, and by whom, as one text to look in."""
    values = b"\n".join([target, *(value for headers in several for _, value in headers)])
    text = f"{identity}\n{values.decode('utf-8', 'backslashreplace')}"
    return f"{text}\n{unquote(text)}" if "%" in text else text


def may_hold(paths: Iterable[str], text: str) -> bool:
    """Whether one of ``paths`` may hold a secret that stands in ``text``."""
    if _DISGUISED.search(text):
        return True
    for path in paths:
        pieces = _pieces(path) if len(path) <= _LONGEST else None
        if pieces is None or any(piece in text for piece in pieces):
            return True
    return False


@lru_cache(maxsize=_REMEMBERED)
def _pieces(path: str) -> tuple[str, ...] | None:
    """All that a secret would share with it; None if it is not made of plain names."""
    if not _PLAIN.fullmatch(path):
        return None
    pieces = _parts(path, _LENGTH)
    for found in _BASE64.finditer(path):
        for start in range(4):
            piece = found[0][start:]
            try:
                plain = b64decode(piece[: len(piece) // 4 * 4], altchars=b"-_")
            except binascii.Error:
                continue
            for readable in _TEXT.finditer(plain):
                pieces |= _parts(readable[0].decode("ascii"), _DECODED_LENGTH)
    return tuple(sorted(pieces))


def _parts(text: str, length: int) -> set[str]:
    return {text[at : at + length] for at in range(len(text) - length + 1)}
