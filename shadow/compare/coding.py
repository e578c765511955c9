"""Content codings (RFC 9110 section 8.4.1): an answer's body as the client's application sees it."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Any, Final

import brotli

from proxy.model.message import Headers

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_CODINGS: Final = 3
"""Codings on top of each other. Nobody sends two; a hundred would be an attack."""

MAX_MEMBERS: Final = 10_000
"""Compressed streams after each other; some tools write one for every block. A body full of empty ones is an attack."""

MAX_RATIO: Final = 1000
"""How much a body may grow, if it is large then. Deflate cannot do more, and text grows tenfold."""

LARGE: Final = 1024 * 1024

_CHUNK: Final = 16 * 1024
"""Compressed bytes at a time: so little is copied where a stream ends."""


class Unreadable(Exception):
    """This body is not what its labels say; the message says why."""


class Unsupported(Exception):
    """We cannot read this body, whoever is at fault; the message says why."""


def decoded(body: bytes, headers: Headers, cap: int) -> bytes:
    """``body`` without its content codings. Raises Unreadable for broken data, Unsupported for a coding that is not
    available here and for more than ``cap`` bytes."""
    codings = _codings(headers)
    if not codings or not body:  # a HEAD answer has the labels of a body that is not there
        return body
    if len(codings) > MAX_CODINGS:
        raise Unsupported(f"{len(codings)} content codings on top of each other")
    for coding in reversed(codings):
        decode = _DECODERS.get(coding)
        if decode is None:
            raise Unsupported(f"content-encoding {coding[:40]!r} is not supported")
        most = max(LARGE, len(body) * MAX_RATIO)
        plain = decode(body, min(cap, most))
        if len(plain) > cap:
            raise Unsupported(f"the decoded body has more than {cap} bytes")
        if len(plain) > most:
            raise Unsupported(f"the body grows more than {MAX_RATIO} times when it is decoded")
        body = plain
    return body


def _codings(headers: Headers) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name.lower() == b"content-encoding"]
    tokens = [token.strip(" \t").lower() for token in ",".join(lines).split(",")]
    return [token for token in tokens if token not in _NOTHING]


def _members(body: bytes, cap: int, start: Callable[[], Any], error: type[Exception]) -> bytes:
    """One or more compressed streams after each other, at most ``cap + 1`` bytes. ``start`` makes a decompressor."""
    parts: list[bytes] = []
    room = cap + 1
    at = 0
    for _ in range(MAX_MEMBERS):
        decompressor = start()
        try:
            while at < len(body) and room and not decompressor.eof:
                part, at = _step(decompressor, body, at, room)
                parts.append(part)
                room -= len(part)
        except error as why:
            raise Unreadable(f"broken compressed data: {why}") from why
        if not room:
            break
        if not decompressor.eof:
            raise Unreadable("the compressed data end too early")
        if at == len(body):
            break
    else:
        raise Unsupported(f"more than {MAX_MEMBERS} compressed streams after each other")
    return b"".join(parts)


def _step(decompressor: Any, body: bytes, at: int, room: int) -> tuple[bytes, int]:
    """Decompress the next bytes of ``body``, to at most ``room``; returns where the ones after them begin."""
    chunk = body[at : at + _CHUNK]
    part = decompressor.decompress(chunk, room)
    size = len(part)
    # What zlib did not get to it hands back, the others keep it and want to be asked again.
    rest = getattr(decompressor, "unconsumed_tail", b"")
    if not hasattr(decompressor, "unconsumed_tail"):
        while size < room and not decompressor.eof and not decompressor.needs_input:
            more = decompressor.decompress(b"", room - size)
            part += more
            size += len(more)
    return part, at + len(chunk) - len(rest) - len(decompressor.unused_data)


def _gzip(body: bytes, cap: int) -> bytes:
    return _members(body, cap, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error)


def _deflate(body: bytes, cap: int) -> bytes:
    # RFC 9110 section 8.4.1.2: "deflate" is the zlib format, but some senders leave its wrapper out.
    wrapped = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    window = zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
    return _members(body, cap, lambda: zlib.decompressobj(window), zlib.error)


def _brotli(body: bytes, cap: int) -> bytes:
    decoder = brotli.Decompressor()
    try:
        plain = decoder.process(body, output_buffer_limit=cap + 1)
    except brotli.error as error:
        raise Unreadable(f"broken br data: {error}") from error
    if len(plain) <= cap and not decoder.is_finished():
        raise Unreadable("the br data end too early")
    return bytes(plain)


def _zstd(body: bytes, cap: int) -> bytes:
    return _members(body, cap, _zstd_decompressor, zstd.ZstdError)


def _zstd_decompressor() -> Any:
    # RFC 9659: a content coding needs no larger window than 8 MB, and ours must not need more memory.
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 23})


_DECODERS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
SUPPORTED: Final = tuple(sorted(_DECODERS))
_NOTHING: Final = frozenset({"", "identity", "aws-chunked"})
"""``aws-chunked`` is a coding of uploads; object stores repeat the label with bodies that no longer have it."""
