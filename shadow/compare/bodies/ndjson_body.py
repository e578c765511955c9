"""JSON lines: ``application/x-ndjson``, ``application/jsonl`` and the like, and ``application/json-seq`` (RFC 7464).

    $[3].price    a member of the fourth line

Each line is a JSON document, compared as JSON. Empty lines do not count.
"""

from __future__ import annotations

import re
from typing import Final

from shadow.compare.body import MAX_ENTRIES, Claim, Document, Example
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable, Unsupported
from shadow.compare.media import Media
from shadow.compare.shapes import TREE
from shadow.compare.tree import Array, read_tree

_TYPES: Final = frozenset(
    f"application/{name}"
    for name in ("x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-lines", "json-seq")
)
_LINE_END: Final = re.compile(r"[\r\n\x1e]+")


class NdjsonBody:
    precedence = 20
    shape = TREE
    examples = (
        Example(
            "line by line, as JSON",
            "application/x-ndjson",
            b'{"id": 1, "price": 2}\n{"id": 2}\n',
            b'{"price":3,"id":1}\n\n{"id":2}',
            ("$[0].price",),
        ),
        Example("a line more", "application/jsonl", b"1\n2\n", b"1\n2\n3\n", ("$[2]",)),
    )

    def claim(self, media: Media, body: bytes) -> Claim:  # noqa: ARG002 - no look tells it from JSON for certain
        return Claim.LABEL if media.type in _TYPES else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:
        text = read_text(body, media.charset, json_body=True)
        lines = [line for line in _LINE_END.split(text.text) if line.strip()]
        if len(lines) > MAX_ENTRIES:
            raise Unsupported(f"more than {MAX_ENTRIES} lines")
        return Document(_trees(lines), text.charset, text.labelled)


def _trees(lines: list[str]) -> Array:
    trees: Array = []
    for number, line in enumerate(lines, 1):
        try:
            trees.append(read_tree(line))
        except Unreadable as error:
            raise Unreadable(f"document {number} is no JSON: {error}") from error
    return trees


BODY = NdjsonBody()
