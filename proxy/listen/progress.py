"""Whether bytes still move on a connection, asked of the kernel.

With TLS nobody else can tell: what uvloop has encrypted waits in a buffer that cannot be seen, and what comes after we have said that
the connection ends is thrown away unseen.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

_TCP_INFO: Final = struct.Struct("=24xI92xQQ8xI")
"""Of Linux's ``tcp_info``: segments on their way, bytes that the peer acknowledged, bytes that came from it, bytes not sent yet."""


class Progress:
    """Remembers what it saw last."""

    __slots__ = ("_acknowledged", "_received")

    def __init__(self) -> None:
        self._acknowledged = 0
        self._received = 0

    def look(self, transport: asyncio.BaseTransport) -> tuple[bool, bool]:
        """Whether the peer sent something since this was asked last, and whether it took something while more waits for it."""
        peer: socket.socket = transport.get_extra_info("socket")
        try:
            info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        except OSError:
            return False, False
        on_their_way, acknowledged, received, not_sent = _TCP_INFO.unpack(info)
        sends = received != self._received
        takes = acknowledged != self._acknowledged and bool(on_their_way or not_sent)
        self._acknowledged, self._received = acknowledged, received
        return sends, takes
