"""Secrets that are planted, and looked for in whatever spelling."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote


class Canaries:
    """``plant`` gives a new secret for a place; ``found`` tells which of them stand in some bytes, however they are written."""

    def __init__(self) -> None:
        self._planted: dict[str, str] = {}

    def plant(self, place: str) -> str:
        secret = f"cAn4ry+{len(self._planted):03}/{place[:3]}Xq9z"
        self._planted[place] = secret
        return secret

    def add(self, place: str, secret: str) -> str:
        self._planted[place] = secret
        return secret

    def found(self, content: bytes) -> list[str]:
        return [place for place, secret in self._planted.items() if any(one in content for one in _spellings(secret))]

    def __len__(self) -> int:
        return len(self._planted)


def _spellings(secret: str) -> Iterator[bytes]:
    yield from (secret.encode(), quote(secret).encode(), quote(secret, safe="").encode(), html.escape(secret).encode())
    yield json.dumps(secret)[1:-1].encode()
    yield "".join(f"&#{ord(char)};" for char in secret).encode()
    yield html.escape(secret).replace("/", "&#47;").encode()
    yield quote(quote(secret, safe=""), safe="").encode()
    for offset in range(3):  # base64 of a text that holds it, wherever it begins there
        whole = base64.b64encode(b"\0" * offset + secret.encode())
        yield whole[(0, 2, 3)[offset] : -4].rstrip(b"=")
        yield whole[(0, 2, 3)[offset] : -4].translate(bytes.maketrans(b"+/", b"-_")).rstrip(b"=")
