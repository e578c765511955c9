"""The first bytes on a plain port that speaks HTTP/1 and HTTP/2: who begins with HTTP/2's preface gets HTTP/2 (RFC 9113 section 3.3).

Until that is known the connection counts as one of HTTP/1, whose deadlines hold for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proxy.accept import ClientConnection
from proxy.http2.connection import Http2Connection

if TYPE_CHECKING:
    from proxy.listen.arrival import Arrival
    from proxy.live_path import LivePath

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class PrefaceReader(asyncio.Protocol):
    """Steps aside with the first read, or at the latest when the preface is complete."""

    __slots__ = ("_client", "_seen", "_transport")

    _transport: asyncio.Transport

    def __init__(self, live: LivePath, arrival: Arrival | None = None) -> None:
        self._client = ClientConnection(live, arrival)
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name
        self._client.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        seen = self._seen = self._seen + data
        if self._client.leaving:
            self._step_aside(self._client)  # turned away at the door
        elif seen.startswith(PREFACE):
            self._client.connection_lost(None)
            http2 = Http2Connection(self._client.live, self._client.arrival)
            http2.connection_made(self._transport)
            self._step_aside(http2)
        elif not PREFACE.startswith(seen):
            self._step_aside(self._client)

    def _step_aside(self, protocol: asyncio.Protocol) -> None:
        self._transport.set_protocol(protocol)
        protocol.data_received(self._seen)

    def eof_received(self) -> bool | None:
        return self._client.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._client.connection_lost(error)
