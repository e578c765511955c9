"""``allow`` and ``access-control-allow-methods``: sets of methods, whose letter case counts (RFC 9110 section 9.1)."""

from __future__ import annotations

from shadow.compare.lines import list_members


class MethodsSense:
    names = ("allow", "access-control-allow-methods")

    def sense(self, lines: tuple[str, ...], origins: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - no URL in it
        return tuple(sorted(set(list_members(lines))))


SENSE = MethodsSense()
