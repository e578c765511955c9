"""The media type of an answer (RFC 9110 section 8.3), read leniently and compared by sense."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from proxy.model.message import Headers

_PARAMETER = re.compile(r';[ \t]*(?P<name>[^\s=;"]+)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)(?:"|$)|(?P<token>[^\s;"]*))[ \t]*')


@dataclass(frozen=True, slots=True)
class Media:
    """``type`` is lower case, empty if the answer names none; parameters are sorted, their names lower case."""

    type: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def charset(self) -> str | None:
        return dict(self.parameters).get("charset")

    @property
    def is_json(self) -> bool:
        return self.type in {"application/json", "text/json"} or self.type.endswith("+json")


def media_of(headers: Headers) -> Media:
    """Of several content types the last one counts."""
    lines = [value for name, value in headers if name.lower() == b"content-type"]
    if not lines:
        return Media()
    text = lines[-1].decode("latin-1")
    return _remembered(text) if len(text) <= 100 else parse_media(text)


def parse_media(text: str) -> Media:
    """Type and parameters; the value of charset is case-insensitive (RFC 9110 section 8.3.2)."""
    kind, _, rest = text.partition(";")
    parameters = []
    for found in _PARAMETER.finditer(f";{rest}"):
        name = found["name"].lower()
        value = re.sub(r"\\(.)", r"\1", found["quoted"]) if found["quoted"] is not None else found["token"]
        parameters.append((name, value.lower() if name == "charset" else value))
    return Media(kind.strip(" \t").lower(), tuple(sorted(parameters)))


_remembered = lru_cache(maxsize=512)(parse_media)
"""For labels of a usual length: a hostile backend could fill the memory with others."""
