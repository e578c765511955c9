"""How values are written on pages: numbers with separators, shares with their denominator, times as people read them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from markupsafe import Markup, escape

from proxy.model.printable import printable
from shadow.figures import percent, share_of, short


def number(value: int) -> str:
    return f"{value:,}"


def milliseconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def lines(text: str) -> Markup:
    """Text of several lines, in which only its own line breaks break lines: for ``pre``."""
    return Markup("\n").join(escape(printable(line)) for line in text.splitlines())


def spaced(name: str) -> str:
    """``type_changes`` and ``bug-in-new`` as words."""
    return name.replace("_", " ").replace("-", " ")


def moment(at: str | None) -> str:
    """An RFC 3339 time to the second, without what does not help: ``2026-03-31 14:05:09 UTC``."""
    return "" if at is None else f"{at[:10]} {at[11:19]} UTC"


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "number": number,
    "share_of": share_of,
    "milliseconds": milliseconds,
    "lines": lines,
    "spaced": spaced,
    "moment": moment,
    "short": short,
    "percent": percent,
}
"""A new one is a row here and a function above."""
