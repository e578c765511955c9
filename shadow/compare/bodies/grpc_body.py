"""gRPC and gRPC-web (``application/grpc...``), with JSON or base64 inside too: framed messages, whose fields only their schema tells.
Compared as bytes."""

from __future__ import annotations

from shadow.compare.body import Claim, Document, Example
from shadow.compare.media import Media
from shadow.compare.shapes import BYTES


class GrpcBody:
    precedence = 5
    shape = BYTES
    examples = (
        Example(
            "no JSON, though its label ends so",
            "application/grpc-web+json",
            b"\0\0\0\0\2{}",
            b"\0\0\0\0\3{ }",
            ("body",),
        ),
        Example("text is not decoded", "application/grpc-web-text", b"AAAAAAIIAQ==", b"AAAAAAIIAg==", ("body",)),
    )

    def claim(self, media: Media, body: bytes) -> Claim:  # noqa: ARG002 - the label says it
        return Claim.LABEL if media.type.startswith("application/grpc") else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:  # noqa: ARG002 - whatever it is
        return Document(body)


BODY = GrpcBody()
