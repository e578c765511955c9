"""``cache-control``, ``allow``, ``vary`` and their like: sets of members. Order, spacing, repetition and the number of lines do not
count; letter case does not, except in quoted strings and in the methods of ``allow``."""

from __future__ import annotations

import re

from shadow.compare.lines import list_members

_OUTSIDE_QUOTES = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)|[^"]+')


class DirectivesSense:
    names = ("cache-control", "vary", "accept-ranges", "access-control-allow-headers", "access-control-expose-headers")

    def sense(self, lines: tuple[str, ...], origins: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - no URL in it
        return tuple(sorted({_folded(member) for member in list_members(lines)}))


def _folded(member: str) -> str:
    return _OUTSIDE_QUOTES.sub(lambda part: part[0] if part[0].startswith('"') else part[0].lower(), member)


SENSE = DirectivesSense()
