"""An upgraded connection: bytes in both directions after a real 101, never looked at."""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from proxy.live_path import LivePath


class TunnelEnd(enum.StrEnum):
    """Why a tunnel ended."""

    CLIENT = "client"
    BACKEND = "backend"
    IDLE = "idle"
    """Nothing went either way for the route's ``timeouts.tunnel``."""
    DRAINED = "drained"
    """It still stood when the grace of a shutdown was over."""


class Tunnel:
    """Pumps bytes between two transports, with back-pressure, until both sides have ended, or neither says anything for
    ``idle_seconds``."""

    __slots__ = (
        "_backend",
        "_backend_done",
        "_client",
        "_client_done",
        "_closed",
        "_ended_by",
        "_idle_seconds",
        "_last_used",
        "_live",
    )

    def __init__(
        self, client: asyncio.Transport, backend: asyncio.Transport, live: LivePath, idle_seconds: float
    ) -> None:
        self._client = client
        self._backend = backend
        self._live = live
        self._idle_seconds = idle_seconds
        self._last_used = live.now
        self._client_done = False
        self._backend_done = False
        self._closed = False
        self._ended_by: TunnelEnd | None = None

    def from_client(self, data: bytes) -> None:
        self._last_used = self._live.now
        self._backend.write(data)

    def from_backend(self, data: bytes) -> None:
        self._last_used = self._live.now
        self._client.write(data)

    def look(self) -> float:
        """Close what was idle for too long; returns when to look again."""
        if self._closed:
            return math.inf
        until = self._last_used + self._idle_seconds
        if self._live.now < until:
            return until
        self.close(TunnelEnd.IDLE)
        return math.inf

    def client_ended(self) -> bool:
        """The client sends no more. True keeps the other direction open."""
        self._client_done = True
        self._ended_by = self._ended_by or TunnelEnd.CLIENT
        return self._ended(self._backend)

    def backend_ended(self) -> bool:
        self._backend_done = True
        self._ended_by = self._ended_by or TunnelEnd.BACKEND
        return self._ended(self._client)

    def _ended(self, other: asyncio.Transport) -> bool:
        if self._client_done and self._backend_done:
            return False
        if not other.is_closing() and other.can_write_eof():
            other.write_eof()
            return True
        return False

    def client_lost(self) -> None:
        self.close(TunnelEnd.CLIENT)

    def backend_lost(self) -> None:
        self.close(TunnelEnd.BACKEND)

    def client_writable(self, writable: bool) -> None:
        _read(self._backend, writable)

    def backend_writable(self, writable: bool) -> None:
        _read(self._client, writable)

    def close(self, why: TunnelEnd) -> None:
        """Flush what was received, then close both sides."""
        if self._closed:
            return
        self._closed = True
        for transport in (self._client, self._backend):
            if not transport.is_closing():
                transport.close()
        self._live.tunnel_ended(self, self._ended_by or why)

    def abort(self) -> None:
        """Drop what a side has not taken in all the time since ``close``."""
        self._client.abort()
        self._backend.abort()


def _read(transport: asyncio.Transport, wanted: bool) -> None:
    if transport.is_closing():
        return
    if wanted:
        transport.resume_reading()
    else:
        transport.pause_reading()
