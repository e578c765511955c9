"""Text: ``text/...``, XML, JavaScript, forms, and what names no type but is readable. Compared character by character after decoding
by the charset; the difference shows both sides from shortly before the first character that differs."""

from __future__ import annotations

from typing import Any

from shadow.compare.body import Claim, Document
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable
from shadow.compare.excerpt import first_difference
from shadow.compare.findings import Findings
from shadow.compare.media import Media
from shadow.compare.rules import Place
from shadow.compare.tree import quoted, shown
from shadow.model import Kind

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
_BEFORE = 30
"""Characters shown before the first one that differs."""


class TextBody:
    precedence = 50

    def claim(self, media: Media, body: bytes) -> Claim:
        if media.type.startswith("text/") or media.type.endswith("+xml") or media.type in _TEXTUAL or media.is_json:
            return Claim.LABEL
        return Claim.LOOK if not media.type and b"\0" not in body[:512] else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:
        text = read_text(body, media.charset)
        if "\0" in text.text:
            raise Unreadable("it holds NUL, so it is no text")
        return Document(text.text, text.charset, text.labelled)

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        if control == candidate:
            return
        start = max(0, first_difference(control, candidate) - _BEFORE)
        cap = findings.limits.shown
        findings.add(
            "body",
            Kind.VALUES_CHANGED,
            _excerpt(control, start, cap),
            _excerpt(candidate, start, cap),
            place.waiver,
        )

    def shown(self, value: Any, cap: int) -> str:
        return shown(value, cap)


def _excerpt(text: str, start: int, cap: int) -> str:
    part = text[start : start + cap]
    before = f"… ({start} characters) " if start else ""
    after = "… (cut)" if start + cap < len(text) else ""
    return f"{before}{quoted(part)}{after}"


BODY = TextBody()
