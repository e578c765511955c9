"""Bytes to text: which charset a body is really in, never an error."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from encodings.aliases import aliases
from typing import Final

# fmt: off
_READ: Final = (
    "utf_8", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "ascii", "latin_1",
    "iso8859_2", "iso8859_3", "iso8859_4", "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8", "iso8859_9",
    "iso8859_10", "iso8859_13", "iso8859_14", "iso8859_15", "iso8859_16", "cp1250", "cp1251", "cp1252", "cp1253",
    "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8_r", "koi8_u", "shift_jis", "euc_jp", "iso2022_jp",
    "euc_kr", "gb2312", "gbk", "gb18030", "big5",
)
# fmt: on
_CHARSETS: Final = {name: name for name in _READ} | {alias: name for alias, name in aliases.items() if name in _READ}
"""Every label we follow. The codec registry itself is not asked: it also knows zip, idna and punycode, which are no charsets
or take quadratic time, and it remembers every unknown label for ever."""


@dataclass(frozen=True, slots=True)
class Text:
    """``charset`` is the one that the text was read in; ``labelled`` tells whether that is what the answer said."""

    text: str
    charset: str
    labelled: bool = False


def read_text(body: bytes, label: str | None, *, json_body: bool = False) -> Text:
    """``label`` is the charset parameter of the content type. JSON is UTF-8 whatever it says (RFC 8259 section 8.1), or
    visibly another Unicode encoding; other text is what the label says. What fits neither is read as Latin-1, which has
    a character for every byte."""
    declared = _allowed(label)
    unicode = (json.detect_encoding(body) if json_body else _marked(body)).replace("-", "_")
    for charset in (unicode, declared) if json_body else (declared, unicode):
        if charset is None:
            continue
        # surrogatepass: a lone surrogate is wrong in UTF-8 but it is what the backend sent, and must not get lost.
        errors = "surrogatepass" if charset.startswith("utf") else "strict"
        try:
            return Text(body.decode(charset, errors), charset, charset == declared)
        except UnicodeError:
            continue
    return Text(body.decode("latin-1"), "latin-1 (not valid UTF-8)")


def _allowed(label: str | None) -> str | None:
    return _CHARSETS.get(label[:40].lower().replace("-", "_")) if label else None


def _marked(body: bytes) -> str:
    """What a byte order mark says, else UTF-8."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if body.startswith(codecs.BOM_UTF8) else "utf-8"
