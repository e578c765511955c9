"""The lines of a header, and a list header's members."""

from __future__ import annotations

import re

from proxy.model.message import Headers

Lines = tuple[str, ...]
"""A header's values as sent, one for each field line, without surrounding white space."""

_MEMBER = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|$))+')


def list_members(lines: Lines) -> list[str]:
    """The members of a list header (RFC 9110 section 5.6.1), several lines being one list."""
    members = (found.group().strip(" \t") for line in lines for found in _MEMBER.finditer(line))
    return [member for member in members if member]


def lines_of(headers: Headers, names: tuple[bytes, ...]) -> dict[bytes, Lines]:
    """The lines of the headers in ``names`` (lower case)."""
    found: dict[bytes, Lines] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in names:
            found[lower] = (*found.get(lower, ()), value.decode("latin-1").strip(" \t"))
    return found
