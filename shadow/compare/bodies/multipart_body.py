"""Multipart: ``multipart/...`` with a boundary (RFC 2046 section 5.1).

    $.avatar.@filename    a parameter of the part that is the form's field ``avatar``
    $.avatar.@type        its media type
    $.title.#text         its body as text; ``#json`` if it is JSON, ``#bytes`` its length and hash if it is neither
    $.part[1].#json.id    the second of several parts without a name

The boundary does not count, nor does what stands before the first one and after the last one.
"""

from __future__ import annotations

import re
from typing import Final

from shadow.compare.body import Claim, Document, Example
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable, Unsupported
from shadow.compare.excerpt import short_hash
from shadow.compare.markup import TEXT
from shadow.compare.media import Media, parse_media
from shadow.compare.shapes import NAMED
from shadow.compare.siblings import JSON, add_member
from shadow.compare.tree import Object, read_tree

MAX_PARTS: Final = 10_000
MAX_HEAD: Final = 16 * 1024
"""Bytes of one part's header fields."""

_END_OF_HEAD: Final = re.compile(rb"(?:\A|\r?\n)\r?\n")
_FOLD: Final = re.compile(r"\r?\n[ \t]+")


class MultipartBody:
    precedence = 26
    shape = NAMED
    examples = (
        Example(
            "parts by the name of their field",
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nTom\r\n'
            b'--x\r\nContent-Disposition: form-data; name=pic; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n',
            b'--x\r\nContent-Disposition: form-data; name=pic; filename="b.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n'
            b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nTim\r\n--x--\r\n',
            ("$.pic.@filename", "$.title.#text"),
        ),
    )

    def claim(self, media: Media, body: bytes) -> Claim:  # noqa: ARG002 - only the label knows the boundary
        return Claim.LABEL if media.type.startswith("multipart/") else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:
        boundary = dict(media.parameters).get("boundary", "").encode("latin-1", "replace")
        if not boundary or len(boundary) > 200:
            raise Unreadable("its label names no boundary")
        parts = (b"\n" + body).split(b"\n--" + boundary)
        if len(parts) > MAX_PARTS:
            raise Unsupported(f"more than {MAX_PARTS} parts")
        if len(parts) < 2 or not parts[-1].startswith(b"--"):
            raise Unreadable("it does not end with its boundary")
        tree: Object = {}
        for part in parts[1:-1]:
            name, value = _part(part.removesuffix(b"\r"))
            add_member(tree, name, value)
        return Document(tree)


def _part(part: bytes) -> tuple[str, Object]:
    """``part`` begins behind the boundary, with the end of its line."""
    end = _END_OF_HEAD.search(part, part.find(b"\n"), MAX_HEAD)
    if end is None:
        raise Unreadable("a part has no end of its header")
    tree: Object = {}
    name = "part"
    media = Media("text/plain")
    for line in _FOLD.sub(" ", part[: end.start()].decode("utf-8", "replace")).splitlines():
        field, _, value = line.partition(":")
        field, value = field.strip().lower(), value.strip()
        if field == "content-disposition":
            parameters = dict(parse_media(value).parameters)
            name = parameters.pop("name", name)
            tree |= {f"@{key}": given for key, given in parameters.items()}
        elif field == "content-type":
            media = parse_media(value)
            tree["@type"] = media.type
        elif field:
            tree[f"@{field}"] = value
    return name, tree | _content(part[end.end() :], media)


def _content(body: bytes, media: Media) -> Object:
    """A part's body, by its own label."""
    text = read_text(body, media.charset, json_body=media.is_json).text
    if media.is_json:
        try:
            return {JSON: read_tree(text)}
        except Unreadable:
            return {TEXT: text}
    if media.type.startswith("text/") or media.type.endswith("xml"):
        return {TEXT: text}
    return {"#bytes": f"{len(body)} bytes, hash {short_hash(body)}"}


BODY = MultipartBody()
