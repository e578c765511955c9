"""Text: ``text/...``, JavaScript, YAML and the like, what names no type but is readable, and JSON, XML and HTML that neither side's
body turns out to be. Compared character by character after decoding by the charset, and told by lines: from the first that differs
to the last, with the line before. Lines that only one side has are ``iterable_item_added`` or ``iterable_item_removed``."""

from __future__ import annotations

from shadow.compare.body import Claim, Document, Example
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable
from shadow.compare.media import Media
from shadow.compare.shapes import TEXT

_TEXTUAL = frozenset(
    {
        "application/javascript",
        "application/ecmascript",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/x-ndjson",
        "application/yaml",
        "application/graphql",
        "application/sql",
        "image/svg+xml",
    }
)


class TextBody:
    precedence = 50
    shape = TEXT
    examples = (
        Example("lines are told", "text/plain", b"one\ntwo\nthree\n", b"one\n2\nthree\n", ("body",)),
        Example("two charsets, one text", "text/plain; charset=iso-8859-1", b"\xe9", b"\xe9"),
    )

    def claim(self, media: Media, body: bytes) -> Claim:
        if media.type.startswith("text/") or media.type.endswith("+xml") or media.type in _TEXTUAL or media.is_json:
            return Claim.LABEL
        return Claim.LOOK if not media.type and b"\0" not in body[:512] else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:
        text = read_text(body, media.charset)
        if "\0" in text.text:
            raise Unreadable("it holds NUL, so it is no text")
        return Document(text.text, text.charset, text.labelled)


BODY = TextBody()
