"""The tap's language: length-prefixed frames between a proxy worker and the shadow worker.

A frame is: 4 bytes length of all that follows (big-endian), 1 byte kind, payload.

    kind      direction        payload
    PLANS     proxy -> shadow  JSON list of plans (first frame of a connection, and after every table change)
    EXCHANGE  proxy -> shadow  5 x 4 bytes: lengths of the parts; then meta (JSON), request head, request body,
                               answer head, answer body
    COUNTS    proxy -> shadow  JSON {"source": id, "counts": {route: {name: cumulative number}}}
    DONE      shadow -> proxy  8 bytes: how many EXCHANGE frames of this connection are dealt with (recorded, or counted as
                               not recorded)

Sender and receiver are processes of one installation, yet the reader trusts no length: see ``MAX_FRAME``.
"""

from __future__ import annotations

import enum
import json
import struct

from proxy.model.exchange import Exchange

MAX_FRAME = 64 * 1024 * 1024
"""A longer frame means that the stream is out of step; the reader gives up on the connection."""

_PREFIX = struct.Struct(">IB")
_PARTS = struct.Struct(">5I")
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
    meta = json.dumps(
        {
            "id": exchange.id,
            "identity": exchange.identity,
            "route": exchange.route,
            "table_version": exchange.table_version,
            "primary": exchange.primary,
            "shadow": exchange.shadow,
            "started_at": exchange.started_at,
            "first_byte": exchange.first_byte,
            "total": exchange.total,
        }
    ).encode()
    parts = (meta, exchange.request_head, exchange.request_body, exchange.answer_head, exchange.answer_body)
    lengths = [len(part) for part in parts]
    size = 1 + _PARTS.size + sum(lengths)
    return b"".join((_PREFIX.pack(size, Kind.EXCHANGE), _PARTS.pack(*lengths), *parts))


def decode_exchange(payload: bytes) -> Exchange:
    """The inverse of ``encode_exchange`` without the prefix. Raises BrokenFrame."""
    try:
        lengths = _PARTS.unpack_from(payload)
        if sum(lengths) + _PARTS.size != len(payload):
            raise BrokenFrame("lengths do not add up")
        parts = []
        at = _PARTS.size
        for length in lengths:
            parts.append(payload[at : at + length])
            at += length
        meta = json.loads(parts[0])
        return Exchange(
            request_head=parts[1], request_body=parts[2], answer_head=parts[3], answer_body=parts[4], **meta
        )
    except (struct.error, TypeError, ValueError) as error:
        raise BrokenFrame(f"not an exchange: {error}") from error


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
