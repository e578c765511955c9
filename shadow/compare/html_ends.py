"""End and start tags that HTML lets pages leave out (HTML, section "Optional tags"), as far as libxml2 does not know them. Pure."""

from __future__ import annotations

from typing import Final

_LISTED: Final = frozenset({"dd", "dt"})
_RUBY: Final = frozenset({"rt", "rp"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_GROUPS: Final = frozenset({"option", "optgroup"})
_PARAGRAPH: Final = frozenset({"p"})

# fmt: off
CLOSED_BY: Final[dict[str, frozenset[str]]] = {
    "dd": _LISTED, "dt": _LISTED, "rt": _RUBY, "rp": _RUBY, "optgroup": _GROUPS, "button": frozenset({"button"}),
    **dict.fromkeys(
        (
            "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset",
            "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "main", "menu", "nav", "ol", "p", "pre",
            "search", "section", "table", "ul",
        ),
        _PARAGRAPH,
    ),
    **dict.fromkeys(_HEADINGS, _PARAGRAPH | _HEADINGS),
}
# fmt: on
"""By a start tag: the elements that it ends, if one of them is the innermost."""

ROWS: Final = "tbody"
"""The element that a row gets around it in a table."""
