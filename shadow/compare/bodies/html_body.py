"""HTML, by the label (``text/html``), or by ``<!doctype html`` or ``<html`` where the label names nothing.

    $.html.body.ul.li[2].a.@href    an attribute in the third of several items; of a single one without [2]
    $.html.body.p.#text             text, with the place of every child in it: ``Hello <b> world``
    $.html.body.#order              the order of different children, where both sides have the same ones
    $.html.head.script.#json.name   a value of JSON in a script

Read by libxml2 much as browsers do, forgivingly, so no page is broken. Not compared: comments but for conditional ones, the order of
attributes and of classes, how a character is written, and white space that does not show. By their shape alone, as they change
with every answer or every build, are compared: nonces, values of CSRF fields, and hashes in the names of assets.
"""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

from shadow.compare.body import Claim, Document, Example
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable, Unsupported
from shadow.compare.html_ends import CLOSED_BY, ROWS
from shadow.compare.html_spacing import KEPT, spaced
from shadow.compare.html_values import attribute
from shadow.compare.markup import TEXT, Elements, Parts
from shadow.compare.media import Media
from shadow.compare.shapes import NAMED
from shadow.compare.siblings import JSON
from shadow.compare.tree import Object, Tree, read_tree

_DECLARED: Final = re.compile(rb"""<meta[^>]{1,200}?charset\s*=\s*["']?([\w.-]{1,40})""", re.IGNORECASE)
_JSON_SCRIPTS: Final = frozenset({"importmap", "speculationrules"})
_WHOLE: Final = frozenset({"html", "body"})
"""They end with the page: what comes after their end tags belongs to the body (HTML, "after after body" insertion mode)."""
_TABLE_PARTS: Final = frozenset({"tbody", "thead", "tfoot", "caption", "colgroup"})
_LINE_END: Final = re.compile(r"\r\n?")


class HtmlBody:
    precedence = 32
    shape = NAMED
    examples = (
        Example(
            "what does not show does not count",
            "text/html",
            b'<p class="b a" id=1>Tom &amp; Jerry</p>\n\n<p>x',
            b'<P id="1" class="a  b">Tom &#38;   Jerry<!-- cat --></P><p>x</p>',
        ),
        Example(
            "text and attributes have short paths",
            "text/html",
            b"<ul><li><a href=/1>one</a><li>two</ul>",
            b"<ul><li><a href=/2>one</a><li>Two</ul>",
            ("$.html.body.ul.li[0].a.@href", "$.html.body.ul.li[1].#text"),
        ),
        Example(
            "nonces, CSRF fields and hashes of assets count by their shape",
            "text/html",
            b"<script nonce=Zm9vYmFy1 src=/app.3f9ab2c1.js></script><p><input type=hidden name=csrf_token value=c0ffee4242>",
            b"<script nonce=YmFyZm9v2 src=/app.77aa01bd.js></script><p><input type=hidden name=csrf_token value=undefined>",
            ("$.html.body.p.input.@value",),
        ),
        Example(
            "JSON in a script is compared as JSON",
            "text/html",
            b'<body><script type="application/ld+json">{"price": 1, "name": "x"}</script>',
            b'<body><script type="application/ld+json">{"name":"x","price":2}</script>',
            ("$.html.body.script.#json.price",),
        ),
    )

    def claim(self, media: Media, body: bytes) -> Claim:
        if media.type == "text/html":
            return Claim.LABEL
        looks = not media.type and body[:64].lstrip().lower().startswith((b"<!doctype html", b"<html"))
        return Claim.LOOK if looks else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:
        declared = None if media.charset else _DECLARED.search(body[:1024])
        text = read_text(body, media.charset or (declared[1].decode() if declared else None))
        if "\0" in text.text or "<" not in text.text:
            raise Unreadable("no HTML: it holds NUL" if "\0" in text.text else "no HTML: there is no tag in it")
        return Document(_tree(text.text), text.charset, text.labelled)


def _tree(text: str) -> Tree:
    target = _HtmlElements()
    # The tree of libxml2 is never built: it would stop at some depth without a word, and take quadratic time for attributes.
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True, huge_tree=False)
    parser.feed(_LINE_END.sub("\n", text).encode("utf-8", "replace"))
    parser.close()
    fatal = parser.feed_error_log.filter_from_fatals()
    if fatal:
        raise Unsupported(f"its parser gives up: {fatal[0].message}")
    return target.tree()


class _HtmlElements(Elements):
    """Also the target that lxml feeds: ``doctype`` and ``close`` are called by it."""

    def __init__(self) -> None:
        super().__init__()
        self._levels: list[int | None] = []  # of each element that is open for the parser; None: not for us any more

    def start(self, name: str, attributes: Any) -> None:
        if name in _WHOLE and any(name == other for other, _, _ in self._open):
            self._levels.append(None)
            return
        innermost = self._open[-1][0] if self._open else ""
        if innermost in CLOSED_BY.get(name, ()) or (innermost == ROWS and name in _TABLE_PARTS):
            self._end_innermost()
        elif name == "tr" and innermost == "table":
            super().start(ROWS, ())
        self._levels.append(len(self._open))
        super().start(name, attributes)

    def end(self, name: str) -> None:
        level = self._levels.pop()
        if level is not None and name not in _WHOLE:
            while len(self._open) > level:
                super().end("")

    def _end_innermost(self) -> None:
        super().end("")
        for index in range(len(self._levels) - 1, -1, -1):
            if self._levels[index] == len(self._open):
                self._levels[index] = None
                return
            if self._levels[index] is not None:
                return

    def attributes(self, name: str, attributes: Any) -> Object:
        if not attributes:
            return {}
        given = dict(attributes)
        return {f"@{key}": attribute(name, key, value, given) for key, value in given.items()}

    def spaced(self, name: str, parts: Parts) -> Parts:
        if name not in KEPT:
            return spaced(name, parts)
        return [part for part in parts if part]

    def fill(self, name: str, tree: Object, parts: Parts) -> None:
        if name == "script":
            _fill_script(tree, "".join(part for part in parts if isinstance(part, str)))
        else:
            super().fill(name, tree, parts)

    def comment(self, text: str) -> None:
        """A conditional one is content for some browsers."""
        if text.lstrip().startswith("[if ") or text.strip() == "[endif]":
            self.child("!comment", {TEXT: text.strip()})

    def pi(self, target: str, data: str | None = None) -> None:
        """HTML knows no processing instructions: browsers take them as comments."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        self.type = " ".join(part for part in (name.lower(), public, system) if part)

    def close(self) -> None:
        """The end of the page; the tree is fetched from here."""


def _fill_script(tree: Object, text: str) -> None:
    kind = str(tree.get("@type", "")).lower()
    if kind.endswith("json") or kind in _JSON_SCRIPTS:
        try:
            tree[JSON] = read_tree(text)
            return
        except Unreadable:
            pass
    if text.strip():
        tree[TEXT] = text.strip()


BODY = HtmlBody()
