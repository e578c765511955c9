"""Content codings (RFC 9110 section 8.4.1): an answer's body as the client's application sees it."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any, Final

from proxy.model.message import Headers

MAX_CODINGS: Final = 3
"""Codings on top of each other. Nobody sends two; a hundred would be an attack."""

MAX_MEMBERS: Final = 64
"""Compressed streams after each other. Each one costs a copy of all that follow, so a body full of empty ones is an attack."""


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
        body = decode(body, cap)
        if len(body) > cap:
            raise Unsupported(f"the decoded body has more than {cap} bytes")
    return body


def _codings(headers: Headers) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name.lower() == b"content-encoding"]
    tokens = [token.strip(" \t").lower() for token in ",".join(lines).split(",")]
    return [token for token in tokens if token not in {"", "identity"}]


def _members(body: bytes, cap: int, start: Callable[[], Any], error: type[Exception]) -> bytes:
    """One or more compressed streams after each other, at most ``cap + 1`` bytes. ``start`` makes a decompressor."""
    parts: list[bytes] = []
    size = 0
    for _ in range(MAX_MEMBERS):
        decompressor = start()
        try:
            part = decompressor.decompress(body, cap + 1 - size)
        except error as why:
            raise Unreadable(f"broken compressed data: {why}") from why
        parts.append(part)
        size += len(part)
        if size > cap:
            break
        if not decompressor.eof:
            raise Unreadable("the compressed data end too early")
        body = decompressor.unused_data
        if not body:
            break
    else:
        raise Unsupported(f"more than {MAX_MEMBERS} compressed streams after each other")
    return b"".join(parts)


def _gzip(body: bytes, cap: int) -> bytes:
    return _members(body, cap, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), zlib.error)


def _deflate(body: bytes, cap: int) -> bytes:
    # RFC 9110 section 8.4.1.2: "deflate" is the zlib format, but some senders leave its wrapper out.
    wrapped = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    window = zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
    return _members(body, cap, lambda: zlib.decompressobj(window), zlib.error)


def _module(*names: str) -> Any:
    """The first of these modules that is installed, or None."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _brotli(library: Any) -> Callable[[bytes, int], bytes]:
    def decode(body: bytes, cap: int) -> bytes:
        decoder = library.Decompressor()
        try:
            plain = decoder.process(body, output_buffer_limit=cap + 1)
        except library.error as error:
            raise Unreadable(f"broken br data: {error}") from error
        if len(plain) <= cap and not decoder.is_finished():
            raise Unreadable("the br data end too early")
        return bytes(plain)

    return decode


def _zstd(library: Any) -> Callable[[bytes, int], bytes]:
    return lambda body, cap: _members(body, cap, library.ZstdDecompressor, library.ZstdError)


def _decoders() -> dict[str, Callable[[bytes, int], bytes]]:
    table: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
    brotli = _module("brotli")
    # Before 1.2 the library has no bound on its output, and is_finished tells nothing about a bound.
    if brotli is not None and tuple(int(part) for part in brotli.__version__.split(".")[:2]) >= (1, 2):
        table["br"] = _brotli(brotli)
    zstd = _module("compression.zstd", "backports.zstd")
    if zstd is not None:
        table["zstd"] = _zstd(zstd)
    return table


_DECODERS: Final = _decoders()
SUPPORTED: Final = tuple(sorted(_DECODERS))
