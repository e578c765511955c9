"""Forms: ``application/x-www-form-urlencoded``.

    $.name       a field
    $.name[1]    the second of several fields of that name

Order counts among fields of one name only, and how a character is written does not; ``a`` and ``a=`` are the same.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from shadow.compare.body import MAX_ENTRIES, Claim, Document, Example
from shadow.compare.coding import Unreadable, Unsupported
from shadow.compare.media import Media
from shadow.compare.shapes import NAMED
from shadow.compare.siblings import add_member
from shadow.compare.tree import Object


class FormBody:
    precedence = 24
    shape = NAMED
    examples = (
        Example(
            "fields by name",
            "application/x-www-form-urlencoded",
            b"name=Tom+Jones&tag=a&tag=b&x",
            b"x=&tag=a&tag=c&name=Tom%20Jones",
            ("$.tag[1]",),
        ),
    )

    def claim(self, media: Media, body: bytes) -> Claim:  # noqa: ARG002 - anything looks like a form
        return Claim.LABEL if media.type == "application/x-www-form-urlencoded" else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:  # noqa: ARG002 - UTF-8 (URL standard, section 5)
        if b"\0" in body or not body.strip():
            raise Unreadable("no form: it is empty or holds NUL")
        if body.count(b"&") >= MAX_ENTRIES:
            raise Unsupported(f"more than {MAX_ENTRIES} fields")
        tree: Object = {}
        fields = parse_qsl(
            body.decode("utf-8", "surrogateescape").strip(),
            keep_blank_values=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
        for name, value in fields:
            add_member(tree, name, value)
        return Document(tree)


BODY = FormBody()
