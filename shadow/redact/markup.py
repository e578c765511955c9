"""Secrets in HTML and XML, by the names of elements, of attributes, and of fields. Pure.

The text is scanned, not parsed: what is not secret stays as it was written, what was cut in the middle is no error, and every
pattern takes linear time.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from shadow.redact.hide import Hide

_PIECE: Final = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|<(?P<end>/?)(?P<tag>[A-Za-z_][\w:.-]{0,100})(?P<attributes>(?:[^<>\"']{1,2000}|\"[^\"]{0,9000}\"|'[^']{0,9000}'){0,300}+)>?",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(
    r"(?P<name>[^\s\"'<>/=]{1,100}+)\s{0,20}=\s{0,20}(?:\"(?P<double>[^\"]*)\"?|'(?P<single>[^']*)'?|(?P<bare>[^\s\"'<>]+))"
)
_NAMING: Final = frozenset({"name", "key", "property", "itemprop", "field"})
"""Attributes that tell what the element's value is."""

_VALUES: Final = frozenset({"value", "content", "val", "data-value"})
_ONLY_LABELS: Final = frozenset({"a", "body", "button", "fieldset", "form", "frame", "iframe", "map", "object", "slot"})
"""Elements whose names say nothing of the text in them."""

_VOID: Final = frozenset({"br", "embed", "hr", "img", "input", "link", "meta", "param", "source"})


def redact_markup(text: str, hide: Hide) -> str:
    """``text`` with the values of secret attributes and fields, and all that is in secret elements, hidden."""
    return _Scan(hide).scanned(text)


class _Scan:
    def __init__(self, hide: Hide) -> None:
        self._hide = hide
        self._pieces: list[str] = []
        self._within = ""
        """The secret element that is open, and how many of its name."""
        self._depth = 0
        self._next = False
        """Only the text up to the next element is secret."""

    def scanned(self, text: str) -> str:
        at = 0
        for found in _PIECE.finditer(text):
            self._text(text[at : found.start()])
            if found["cdata"] is not None:
                self._cdata(found)
            elif found["tag"] is None:
                self._pieces.append(found[0])
            else:
                self._element(found)
            at = found.end()
        self._text(text[at:])
        return "".join(self._pieces)

    def _text(self, text: str) -> None:
        plain = text.strip()
        if plain and (self._within or self._next):
            text = text.replace(plain, self._hide(plain))
        self._pieces.append(text)

    def _cdata(self, found: re.Match[str]) -> None:
        secret = (self._within or self._next) and found["cdata"].strip()
        self._pieces.append(found[0].replace(found["cdata"], self._hide(found["cdata"])) if secret else found[0])

    def _element(self, found: re.Match[str]) -> None:
        tag, attributes = found["tag"], found["attributes"]
        self._next = False
        if found["end"]:
            if tag == self._within:
                self._depth -= 1
                if not self._depth:
                    self._within = ""
            self._pieces.append(found[0])
            return
        if "=" in attributes:
            given = {one["name"].lower(): unescape(_value(one)) for one in _ATTRIBUTE.finditer(attributes)}
            field = _names_secret(given, self._hide)
            whole = attributes
            attributes = _ATTRIBUTE.sub(lambda one: self._attribute(one, field=field), attributes)
            start = found.start("attributes") - found.start()
            self._pieces.append(found[0][:start] + attributes + found[0][start + len(whole) :])
        else:
            field, given = False, {}
            self._pieces.append(found[0])
        self._open(tag, given, field=field, closed=attributes.endswith("/"))

    def _open(self, tag: str, given: dict[str, str], *, field: bool, closed: bool) -> None:
        if closed or tag.lower() in _VOID:
            return
        if self._within:
            self._depth += tag == self._within
        elif self._hide.names(tag.rpartition(":")[2]) or (field and tag.lower() not in _ONLY_LABELS):
            self._within, self._depth = tag, 1
        else:
            self._next = self._hide.names(given.get("id", ""))

    def _attribute(self, found: re.Match[str], *, field: bool) -> str:
        name, value = found["name"].lower(), _value(found)
        secret = self._within or self._hide.names(name.rpartition(":")[2]) or (field and name in _VALUES)
        if not value or not secret:
            return found[0]
        start = found.start(found.lastgroup or 0) - found.start()
        return found[0][:start] + self._hide(value) + found[0][start + len(value) :]


def _value(found: re.Match[str]) -> str:
    return found[found.lastgroup or 0] or ""


def _names_secret(given: dict[str, str], hide: Hide) -> bool:
    if given.get("type", "").lower() == "password":
        return True
    return any(hide.names(given[name]) for name in _NAMING if name in given)
