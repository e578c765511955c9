"""``etag``, ``last-modified``, ``date``, ``age``, ``expires``, ``retry-after``: each server has values of its own; only whether they are
there counts."""

from __future__ import annotations


class PresenceSense:
    names = ("etag", "last-modified", "date", "age", "expires", "retry-after")

    def sense(self, lines: tuple[str, ...], origins: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - values do not count
        return ("present",)


SENSE = PresenceSense()
