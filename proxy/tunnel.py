"""An upgraded connection: bytes in both directions after a real 101, never looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Tunnel:
    """Pumps bytes between two transports, with back-pressure, until both sides have ended."""

    __slots__ = (
        "_backend",
        "_backend_done",
        "_client",
        "_client_done",
        "_closed",
        "_on_close",
        "bytes_in",
        "bytes_out",
        "last_used",
    )

    def __init__(
        self, client: asyncio.Transport, backend: asyncio.Transport, now: float, on_close: Callable[[Tunnel], None]
    ) -> None:
        self._client = client
        self._backend = backend
        self._client_done = False
        self._backend_done = False
        self._closed = False
        self._on_close = on_close
        self.bytes_in = 0
        self.bytes_out = 0
        self.last_used = now

    def from_client(self, data: bytes) -> None:
        self.bytes_in += len(data)
        self._backend.write(data)

    def from_backend(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self._client.write(data)

    def client_ended(self) -> bool:
        """The client sends no more. True keeps the other direction open."""
        self._client_done = True
        return self._ended(self._backend)

    def backend_ended(self) -> bool:
        self._backend_done = True
        return self._ended(self._client)

    def _ended(self, other: asyncio.Transport) -> bool:
        if self._client_done and self._backend_done:
            return False
        if not other.is_closing() and other.can_write_eof():
            other.write_eof()
            return True
        return False

    def client_lost(self) -> None:
        self.close()

    def backend_lost(self) -> None:
        self.close()

    def client_writable(self, writable: bool) -> None:
        _read(self._backend, writable)

    def backend_writable(self, writable: bool) -> None:
        _read(self._client, writable)

    def close(self) -> None:
        """Flush what was received, then close both sides."""
        if self._closed:
            return
        self._closed = True
        for transport in (self._client, self._backend):
            if not transport.is_closing():
                transport.close()
        self._on_close(self)

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
