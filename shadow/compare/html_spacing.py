"""White space of HTML: what a browser shows. Pure.

Runs of it are one space, none is left at the edges of blocks, and none counts where it is kept (``pre``, ``textarea``, code).
"""

from __future__ import annotations

import re
from typing import Final

from shadow.compare.markup import Parts

# fmt: off
BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "base", "blockquote", "body", "br", "caption", "center", "col",
        "colgroup", "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
        "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup",
        "hr", "html", "legend", "li", "link", "main", "menu", "meta", "nav", "noframes", "ol", "optgroup",
        "option", "p", "param", "pre", "script", "search", "section", "source", "style", "summary", "table",
        "tbody", "td", "template", "tfoot", "th", "thead", "title", "tr", "track", "ul",
    }
)
"""Elements beside whose edges, inside and outside, white space shows nothing: blocks, and what shows nothing itself."""

BOXES: Final = frozenset({"audio", "button", "datalist", "iframe", "noscript", "picture", "select", "video"})
"""Elements that stand in a line, but inside whose edges white space shows nothing."""
# fmt: on

KEPT: Final = frozenset({"pre", "textarea", "listing", "plaintext", "xmp", "script", "style"})
"""Elements in which all white space stays."""

_EDGES: Final = BLOCKS | BOXES | {""}
_LONG_RUN: Final = re.compile(r"[\t\n\f\r]|  ")
_RUN: Final = re.compile(r"[ \t\n\f\r]+")


def spaced(name: str, parts: Parts) -> Parts:
    """The parts of the element ``name`` with white space as it shows; texts that vanish are left out."""
    found: Parts = []
    edge = name in _EDGES
    if len(parts) == 1 and isinstance(parts[0], str):
        text = _RUN.sub(" ", parts[0]) if _LONG_RUN.search(parts[0]) else parts[0]
        text = text.strip(" ") if edge else text
        return [text] if text else []
    before_block = edge  # is what stands on the left the edge of a block?
    for index, part in enumerate(parts):
        if not isinstance(part, str):
            found.append(part)
            before_block = _edge(part[0])
            continue
        after = parts[index + 1] if index + 1 < len(parts) else None
        after_block = _edge(after[0]) if isinstance(after, tuple) else edge
        text = _RUN.sub(" ", part)
        text = text.lstrip(" ") if before_block else text
        text = text.rstrip(" ") if after_block else text
        if text:
            found.append(text)
    return found


def _edge(name: str) -> bool:
    return name in BLOCKS or name == "!comment"
