"""Heads of messages, as bytes, exactly as they came over the wire."""

from __future__ import annotations

from typing import Final

Headers = list[tuple[bytes, bytes]]
"""Names and values in order, duplicates and letter case kept."""

BLANKS: Final = b" \t"
"""RFC 9110 section 5.5: around a value they are not part of it. The parser takes away those before it; those behind it go on as they came,
and whoever asks what a value says strips them: taking them from every value would cost a request 4 %."""


class RequestHead:
    """What matching and choosing may look at. There is no body in it, so policy can never wait for one.

    ``target`` is the raw request target; ``host`` and ``cookie`` are the values of those headers (several Cookie lines
    are joined by ``; ``, RFC 6265 section 5.4 read backwards), or None.
    """

    __slots__ = ("cookie", "headers", "host", "method", "target")

    def __init__(
        self,
        method: bytes,
        target: bytes,
        headers: Headers,
        host: bytes | None = None,
        cookie: bytes | None = None,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.host = host
        self.cookie = cookie

    @classmethod
    def from_headers(cls, method: bytes, target: bytes, headers: Headers) -> RequestHead:
        """Build a head outside the live path (``explain``, tests): host and cookie are looked up."""
        head = cls(method, target, headers)
        head.host = head.first(b"host")
        cookies = [value for name, value in headers if name.lower() == b"cookie"]
        head.cookie = b"; ".join(cookies) if cookies else None
        return head

    def first(self, name: bytes) -> bytes | None:
        """The first value of the header ``name`` (lower case), or None."""
        for given, value in self.headers:
            if given.lower() == name:
                return value
        return None

    def __repr__(self) -> str:
        return f"<RequestHead {self.method.decode('latin-1')} {self.target.decode('latin-1')}>"
