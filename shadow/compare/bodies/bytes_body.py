"""Bytes: everything else, such as images and archives. Either the same or not; the difference shows the two lengths and the bytes from
the first one that differs."""

from __future__ import annotations

from typing import Any

from shadow.compare.body import Claim, Document
from shadow.compare.excerpt import first_difference
from shadow.compare.findings import Findings
from shadow.compare.media import Media
from shadow.compare.rules import Place
from shadow.model import Kind

_SHOWN = 16


class BytesBody:
    precedence = 100

    def claim(self, media: Media, body: bytes) -> Claim:  # noqa: ARG002 - every body is bytes
        return Claim.LOOK

    def read(self, body: bytes, media: Media) -> Document:  # noqa: ARG002 - every body is bytes
        return Document(body)

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        if control == candidate:
            return
        at = first_difference(control, candidate)
        findings.add("body", Kind.VALUES_CHANGED, _excerpt(control, at), _excerpt(candidate, at), place.waiver)

    def shown(self, value: Any, cap: int) -> str:
        return _excerpt(value, 0)[:cap]


def _excerpt(body: bytes, at: int) -> str:
    part = body[at : at + _SHOWN].hex(" ") or "the end"
    return f'"{len(body)} bytes, from byte {at}: {part}"'


BODY = BytesBody()
