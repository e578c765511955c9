"""A client that comes by TLS: everything as without, but for how a connection ends.

There is no half of a TLS connection to be closed, and its own end (close_notify) says that the answer ended as it should. So what is cut
must be cut without it (promise 4; RFC 9112 section 9.8), and what is closed is closed in two steps: OpenSSL says so and waits for the
client to say the same, throwing away what still comes, which is just the patience that a refusal needs.
"""

from __future__ import annotations

import socket
import struct
from typing import Final

from proxy.accept import ClientConnection
from proxy.patience import LINGER_SECONDS

_ACKNOWLEDGED: Final = struct.Struct("=24xI92xQ16xI")
"""Of Linux's ``tcp_info``: segments on their way, bytes acknowledged, bytes not sent yet."""


class TlsClient(ClientConnection):
    """What differs with TLS."""

    __slots__ = ()

    def eof_received(self) -> bool | None:
        super().eof_received()
        return None  # the other half cannot stay open

    def abort(self, *, reset: bool = False) -> None:
        if not reset or self.transport.is_closing():
            super().abort()
            return
        self.flush()
        self.closed = self._lingering = True
        self.reset_when_closed()
        # uvloop writes at the end of its turn, and what was written shall still go out.
        self.live.loop.call_soon(self.transport.abort)

    def _close(self, *, linger: bool) -> None:
        super()._close(linger=linger)
        self.deadline = self.live.now + LINGER_SECONDS

    def expire(self) -> None:
        if self.passage is None and self.tunnel is None and not self._in_head and not self.transport.is_closing():
            self._close(linger=False)
        else:
            super().expire()

    def drain(self) -> None:
        super().drain()
        if self.transport.is_closing():
            self.deadline = min(self.deadline, self.live.now + LINGER_SECONDS)

    def takes_more(self) -> bool:
        """uvloop keeps what is encrypted in a buffer that nobody can see, so it is the kernel that is asked."""
        peer: socket.socket = self.transport.get_extra_info("socket")
        try:
            info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.size)
        except OSError:
            return False
        on_their_way, acknowledged, not_sent = _ACKNOWLEDGED.unpack(info)
        before, self._unsent = self._unsent, acknowledged
        return bool(on_their_way or not_sent) and acknowledged != before
