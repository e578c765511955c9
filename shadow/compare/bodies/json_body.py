"""JSON, by the label (``application/json``, ``...+json``), or by its look where the label says text or nothing: many an old
application sends JSON as ``text/html``. Compared member by member with exact types."""

from __future__ import annotations

from shadow.compare.body import Claim, Document, Example
from shadow.compare.charset import read_text
from shadow.compare.media import Media
from shadow.compare.shapes import TREE
from shadow.compare.tree import read_tree

_MAY_BE_JSON = frozenset({"", "text/html", "text/plain", "text/javascript", "application/javascript"})


class JsonBody:
    precedence = 10
    shape = TREE
    examples = (
        Example("order of members and spelling of numbers", "application/json", b'{"a": 1.0, "b": []}', b'{"b":[],"a":1.00}'),
        Example("exact types", "application/json", b'{"id": 1, "n": null}', b'{"id": "1"}', ("$.id", "$.n")),
        Example("whatever the label says", "text/html", b'{"items": [{"price": 1}]}', b'{"items":[{"price":2}]}', ("$.items[0].price",)),
    )  # fmt: skip

    def claim(self, media: Media, body: bytes) -> Claim:
        if media.is_json:
            return Claim.LABEL
        looks = media.type in _MAY_BE_JSON and body[:64].lstrip()[:1] in {b"{", b"["}
        return Claim.LOOK if looks else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:
        text = read_text(body, media.charset, json_body=True)
        return Document(read_tree(text.text), text.charset, text.labelled)


BODY = JsonBody()
