"""How values are written on pages: numbers with separators, shares with their denominator, times as people read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from jinja2.filters import do_filesizeformat
from markupsafe import Markup, escape

from proxy.model.printable import printable
from shadow.figures import percent, plural, share_of, short


def number(value: int) -> str:
    return f"{value:,}"


def milliseconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def evidence(value: float) -> str:
    """Of a test whose evidence may fall to 1e-70: nothing then, in so many words."""
    return f"{value:.3g}" if value >= 0.01 or value == 0 else "under 0.01"


def size(count: int) -> str:
    """``0 bytes``, ``4.0 MiB``."""
    return do_filesizeformat(count, binary=True).replace("Byte", "byte")


def file_name(source: str) -> str:
    """What a table came from, without the folders: ``--legacy URL`` is no file."""
    return source if source.startswith("--") else source.rpartition("/")[2]


def lines(text: str) -> Markup:
    """Text of several lines, in which only its own line breaks break lines: for ``pre``."""
    return Markup("\n").join(escape(printable(line)) for line in text.splitlines())


def verbatim(text: str) -> Markup:
    """For a field that people change and send back: nothing is made visible, since it would come back so."""
    return escape(text)


def prose(text: str) -> Markup:
    """A sentence of our reference: its words of code as such, its links as their text."""
    parts = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).split("`")
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


def diff_lines(diff: str) -> list[tuple[str, str]]:
    """Each line of a unified diff, with what it is: ``file``, ``place``, ``gone``, ``new`` or ``same``."""
    sorts = {"@": "place", "-": "gone", "+": "new"}
    head = 2 if diff.startswith("--- ") else 0
    lines = diff.splitlines()
    return [("file" if at < head else sorts.get(line[:1], "same"), line) for at, line in enumerate(lines)]


def spaced(name: str) -> str:
    """``type_changes`` and ``bug-in-new`` as words."""
    return name.replace("_", " ").replace("-", " ")


def moment(at: str | None) -> str:
    """An RFC 3339 time to the second, without what does not help: ``2026-03-31 14:05:09 UTC``."""
    return "" if at is None else f"{at[:10]} {at[11:19]} UTC"


def percent_of(part: int, whole: int) -> str:
    """A whole number of per cent, which says neither none nor all where it is only nearly so."""
    share = 100 * part / whole
    if 0 < share < 1:
        return "under 1 %"
    return "over 99 %" if 99 < share < 100 else f"{share:.0f} %"


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
    "size": size,
    "plural": plural,
    "again": again,
    "with_query": with_query,
    "milliseconds": milliseconds,
    "evidence": evidence,
    "file_name": file_name,
    "lines": lines,
    "verbatim": verbatim,
    "diff_lines": diff_lines,
    "prose": prose,
    "spaced": spaced,
    "moment": moment,
    "short": short,
    "percent": percent,
}
"""A new one is a row here and a function above."""
