"""Forms: ``application/x-www-form-urlencoded``.

    $.name       a field
    $.name[1]    the second of several fields of that name

Order counts among fields of one name only, and how a character is written does not; ``a`` and ``a=`` are the same.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from shadow.compare.body import MAX_ENTRIES, Claim, Document, Example
from shadow.compare.coding import Unreadable, Unsupported
from shadow.compare.findings import Findings
from shadow.compare.media import Media
from shadow.compare.rules import Place
from shadow.compare.siblings import add_member, differ_named
from shadow.compare.tree import Object, shown


class FormBody:
    precedence = 24
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

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        differ_named(control, candidate, place, findings)

    def shown(self, value: Any, cap: int) -> str:
        return shown(value, cap)


BODY = FormBody()
