"""Writing heads and the ends of bodies: everything as it came, but for what belongs to one hop and what is ours. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from proxy.answer_fields import AnswerFields, InvalidAnswer
from proxy.fields import RequestFields
from proxy.model.message import Headers, RequestHead

FORBIDDEN_TRAILERS = frozenset(
    {
        b"transfer-encoding", b"content-length", b"host", b"connection", b"trailer", b"te", b"upgrade", b"authorization",
        b"cookie", b"set-cookie", b"content-encoding", b"content-type", b"content-range", b"x-forwarded-for", b"x-shadow",
        b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"expect", b"cache-control", b"location", b"www-authenticate",
    }
)  # fmt: skip
"""Never taken from a trailer section: they frame, route or authorise (RFC 9110 section 6.5.1)."""


ViaLines = tuple[bytes, bytes]


def via_lines(pseudonym: bytes, newest: bytes = b"1.1") -> ViaLines:
    """RFC 9110 section 7.6.3: a gateway appends itself, with the version that it received: ``newest``, or 1.0."""
    return b"\r\nVia: %b %b\r\n" % (newest, pseudonym), b"\r\nVia: 1.0 %b\r\n" % pseudonym


def forwarded_head(
    head: RequestHead,
    fields: RequestFields,
    *,
    peer: bytes,
    scheme: bytes,
    http_1_0: bool,
    request_id: str,
    upgrade: bool,
    via: ViaLines,
) -> bytes:
    """The request's head as a backend gets it. ``peer`` is the client's address, ``upgrade`` whether its Upgrade goes on."""
    if fields.forwarded_for is not None:
        peer = fields.forwarded_for + b", " + peer
    pieces = [
        head.method,
        b" ",
        head.target,
        b" HTTP/1.1\r\n",
        *fields.lines,
        b"X-Forwarded-For: ",
        peer,
        b"\r\nX-Forwarded-Proto: ",
        fields.forwarded_proto or scheme,
    ]
    host = fields.forwarded_host or fields.host
    if host:  # HTTP/1.0 may go without, and an empty value would be believed
        pieces += (b"\r\nX-Forwarded-Host: ", host)
    pieces.append(via[http_1_0])
    if fields.request_id is None:
        pieces += (b"X-Request-Id: ", request_id.encode("latin-1"), b"\r\n")
    if upgrade:
        pieces += (b"Connection: Upgrade\r\nUpgrade: ", fields.upgrade or b"", b"\r\n")
    pieces.append(fields.end)
    return b"".join(pieces)


MAX_REASON = 1024
_NO_REASON = re.compile(rb"[^\t\x20-\x7e\x80-\xff]").search  # RFC 9112 section 4


class StatusLines(dict[tuple[int, bytes], bytes]):
    """A status line for each status and reason met: checked and written once. Bounded. Raises InvalidAnswer.

    RFC 9112 section 4: the version is that of the sender, which is us.
    """

    __slots__ = ()

    def __missing__(self, key: tuple[int, bytes]) -> bytes:
        status, reason = key
        if status < 100:
            raise InvalidAnswer("a status of less than 100")
        if len(reason) > MAX_REASON or _NO_REASON(reason):
            raise InvalidAnswer("a reason phrase that is too long, or holds control characters")
        line = b"HTTP/1.1 %d %b\r\n" % key
        if len(self) < 1024 and len(reason) <= 64:
            self[key] = line
        return line


STATUS_LINES: Final = StatusLines()


class Framing(NamedTuple):
    """How an answer goes out: ``line`` is what its head needs beside what the backend sent."""

    chunked: bool = False
    closes: bool = False
    line: bytes = b""


_AS_IT_CAME: Final = Framing()
_CHUNKED: Final = Framing(chunked=True)
_NEWLY_CHUNKED: Final = Framing(chunked=True, line=b"Transfer-Encoding: chunked\r\n")
_TO_THE_END: Final = Framing(closes=True)


def frame_answer(status: int, fields: AnswerFields, *, is_head: bool, http_1_0: bool) -> Framing:
    """Keep the backend's framing where the client can read it (RFC 9112 section 6)."""
    if is_head or status in {204, 304} or (fields.length is not None and not fields.chunked):
        return _AS_IT_CAME
    if http_1_0:
        return _TO_THE_END
    # An answer that ends with its connection goes on in chunks: so a whole one can be told from one that was cut.
    return _CHUNKED if fields.chunked else _NEWLY_CHUNKED


def captured_head(line: bytes, headers: Headers) -> bytes:
    """An answer's head with every field that the backend sent, for the shadow to compare. ``line`` is the status line."""
    pieces = [line]
    for name, value in headers:
        pieces += name, b": ", value, b"\r\n"  # in half the time that formatting each line takes
    pieces.append(b"\r\n")
    return b"".join(pieces)


def chunk(data: bytes) -> bytes:
    """RFC 9112 section 7.1. ``data`` is not empty."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_chunk(trailers: Headers) -> bytes:
    """RFC 9112 section 7.1.2."""
    if not trailers:
        return b"0\r\n\r\n"
    allowed = [(name, value) for name, value in trailers if name.lower() not in FORBIDDEN_TRAILERS]
    return b"".join((b"0\r\n", *_lines(allowed), b"\r\n"))


def _lines(headers: Headers) -> list[bytes]:
    return [b"%b: %b\r\n" % field for field in headers]
