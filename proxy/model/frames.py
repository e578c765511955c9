"""The tap's language: length-prefixed frames between a proxy worker and the shadow worker.

A frame is: 4 bytes length of all that follows (big-endian), 1 byte kind, payload.

    kind      direction        payload
    PLANS     proxy -> shadow  JSON list of plans (first frame of a connection, and after every table change)
    EXCHANGE  proxy -> shadow  9 x 4 bytes: lengths of the parts; table version (4 bytes), started at, first byte, total
                               (8 bytes each, IEEE 754); then the parts: id, identity, route, primary, shadow (UTF-8), request
                               head, request body, answer head, answer body. No JSON: the live path writes one of each copy
    COUNTS    proxy -> shadow  JSON {"source": id, "counts": {route: {name: cumulative number}}}
    DONE      shadow -> proxy  8 bytes: how many EXCHANGE frames of this connection are dealt with (recorded, or counted as
                               not recorded)

Sender and receiver are processes of one installation, yet the reader trusts no length: see ``MAX_FRAME``.
"""

from __future__ import annotations

import enum
import struct

from proxy.model.exchange import Exchange

MAX_FRAME = 64 * 1024 * 1024
"""A longer frame means that the stream is out of step; the reader gives up on the connection."""

_PREFIX = struct.Struct(">IB")
_EXCHANGE = struct.Struct(">9II3d")
_DONE = struct.Struct(">Q")


class Kind(enum.IntEnum):
    PLANS = 1
    EXCHANGE = 2
    COUNTS = 3
    DONE = 4


class BrokenFrame(ValueError):
    """The bytes are not a frame of ours."""


def encode(kind: Kind, payload: bytes) -> bytes:
    return _PREFIX.pack(len(payload) + 1, kind) + payload


def encode_exchange(exchange: Exchange) -> bytes:
    id_, identity, route = _utf8(exchange.id), _utf8(exchange.identity), _utf8(exchange.route)
    primary, shadow = _utf8(exchange.primary), _utf8(exchange.shadow)
    asked, asked_body = exchange.request_head, exchange.request_body
    answer, answer_body = exchange.answer_head, exchange.answer_body
    lengths = (
        len(id_), len(identity), len(route), len(primary), len(shadow), len(asked), len(asked_body), len(answer), len(answer_body)
    )  # fmt: skip
    size = 1 + _EXCHANGE.size + sum(lengths)
    times = exchange.started_at, exchange.first_byte, exchange.total
    prefix, numbers = _PREFIX.pack(size, Kind.EXCHANGE), _EXCHANGE.pack(*lengths, exchange.table_version, *times)
    return b"".join((prefix, numbers, id_, identity, route, primary, shadow, asked, asked_body, answer, answer_body))


def decode_exchange(payload: bytes) -> Exchange:
    """The inverse of ``encode_exchange`` without the prefix. Raises BrokenFrame."""
    try:
        *lengths, table_version, started_at, first_byte, total = _EXCHANGE.unpack_from(payload)
        if sum(lengths) + _EXCHANGE.size != len(payload):
            raise BrokenFrame("lengths do not add up")
        parts = []
        at = _EXCHANGE.size
        for length in lengths:
            parts.append(payload[at : at + length])
            at += length
        id_, identity, route, primary, shadow = (part.decode("utf-8", "surrogatepass") for part in parts[:5])
    except (struct.error, ValueError) as error:
        raise BrokenFrame(f"not an exchange: {error}") from error
    return Exchange(
        id=id_,
        identity=identity,
        route=route,
        table_version=table_version,
        primary=primary,
        shadow=shadow,
        started_at=started_at,
        first_byte=first_byte,
        total=total,
        request_head=parts[5],
        request_body=parts[6],
        answer_head=parts[7],
        answer_body=parts[8],
    )


def _utf8(text: str) -> bytes:
    """Names of a table may hold half a character (a lone surrogate)."""
    return text.encode("utf-8", "surrogatepass")


def encode_done(count: int) -> bytes:
    return encode(Kind.DONE, _DONE.pack(count))


def decode_done(payload: bytes) -> int:
    try:
        return int(_DONE.unpack(payload)[0])
    except struct.error as error:
        raise BrokenFrame(f"not a count: {error}") from error


class FrameReader:
    """Cuts a byte stream into frames. Feed it whatever arrives; it returns the frames that are complete."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[Kind, bytes]]:
        buffer = self._buffer
        buffer += data
        frames: list[tuple[Kind, bytes]] = []
        at = 0
        while len(buffer) - at >= _PREFIX.size:
            length, kind = _PREFIX.unpack_from(buffer, at)
            if not 1 <= length <= MAX_FRAME:
                raise BrokenFrame(f"a frame of {length} bytes")
            end = at + 4 + length
            if len(buffer) < end:
                break
            try:
                frames.append((Kind(kind), bytes(buffer[at + _PREFIX.size : end])))
            except ValueError as error:
                raise BrokenFrame(f"unknown kind {kind}") from error
            at = end
        del buffer[:at]
        return frames
