"""Bytes: everything else, such as images and archives. Either the same or not; the difference shows of both sides the length, a
hash (BLAKE2b, as ``b2sum -l 64`` prints it), and the bytes from the first one that differs."""

from __future__ import annotations

from shadow.compare.body import Claim, Document, Example
from shadow.compare.media import Media
from shadow.compare.shapes import BYTES


class BytesBody:
    precedence = 100
    shape = BYTES
    examples = (Example("the same or not", "image/png", b"\x89PNG\0\1", b"\x89PNG\0\2\3", ("body",)),)

    def claim(self, media: Media, body: bytes) -> Claim:  # noqa: ARG002 - every body is bytes
        return Claim.LOOK

    def read(self, body: bytes, media: Media) -> Document:  # noqa: ARG002 - every body is bytes
        return Document(body)


BODY = BytesBody()
