"""How values are written on pages: numbers with separators, shares with their denominator, times as people read them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

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


def percent_of(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if part in {0, whole} or 100 * part > whole else "under 1 %"


def again(query: Mapping[str, str]) -> str:
    """The query of the same page, without what was only said once."""
    return urlencode({name: given for name, given in query.items() if name != "done"})


def with_query(query: Mapping[str, str], name: str, value: str) -> str:
    """The query of the same page with one more choice: in another form, or from the first page of its list."""
    kept = {key: given for key, given in query.items() if key != "page" or name == "format"}
    return again({**kept, name: value})


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "number": number,
    "share_of": share_of,
    "percent_of": percent_of,
    "again": again,
    "with_query": with_query,
    "milliseconds": milliseconds,
    "lines": lines,
    "spaced": spaced,
    "moment": moment,
    "short": short,
    "percent": percent,
}
"""A new one is a row here and a function above."""
