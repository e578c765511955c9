"""``link``: a set of links, each with its target and parameters; a backend's own address counts as "here", as in ``location``."""

from __future__ import annotations

import re
from typing import Final

from shadow.compare.headers.location import origins_of, relative

_LINK: Final = re.compile(r'(?:<[^>]*>|[^,"<]|"(?:[^"\\]|\\.)*(?:"|$)|<)+')
"""Commas within a target or quotes part nothing."""


class LinksSense:
    names = ("link",)

    def sense(self, lines: tuple[str, ...], origins: tuple[str, ...]) -> tuple[str, ...]:
        own = origins_of(origins)
        links = (found.group().strip(" \t") for line in lines for found in _LINK.finditer(line))
        return tuple(sorted({_link(link, own) for link in links if link}))


def _link(link: str, own: set[str]) -> str:
    """RFC 8288 section 3: the target in angle brackets, then parameters in any order."""
    target, closed, rest = link.partition(">")
    if not closed or not target.startswith("<"):
        return link
    parameters = sorted(part.strip(" \t") for part in rest.split(";") if part.strip(" \t"))
    return "; ".join([f"<{relative(target[1:], own)}>", *parameters])


SENSE = LinksSense()
