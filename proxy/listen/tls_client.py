"""A client that comes by TLS: everything as without, but for how a connection ends.

There is no half of a TLS connection to be closed, and its own end (close_notify) says that the answer ended as it should. So what is cut
must be cut without it (promise 4; RFC 9112 section 9.8), and what is closed is closed in two steps: OpenSSL says so and waits for the
client to say the same, throwing away what still comes, which is just the patience that a last answer needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.accept import ClientConnection
from proxy.listen.progress import Progress
from proxy.patience import LINGER_SECONDS, MAX_LINGER_SECONDS, STALL_SECONDS

if TYPE_CHECKING:
    from proxy.listen.arrival import Arrival
    from proxy.live_path import LivePath


class TlsClient(ClientConnection):
    """What differs with TLS."""

    __slots__ = ("_progress",)

    def __init__(self, live: LivePath, arrival: Arrival) -> None:
        super().__init__(live, arrival)
        self._linger_until = 0.0
        self._progress = Progress()

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
        now = self.live.now
        self.deadline = now + LINGER_SECONDS
        self._linger_until = now + MAX_LINGER_SECONDS if linger else now
        self._progress.look(self.transport)

    def expire(self) -> None:
        """Who was told that the connection ends may send on for a while, as without TLS; only that nobody here sees it."""
        closing = self.transport.is_closing()
        if (
            self.passage is not None
            or self.tunnel is not None
            or (self._in_head and not self._lingering and not closing)
        ):
            super().expire()
        elif not closing:
            self._close(linger=False)
        else:
            now = self.live.now
            sends, takes = self._progress.look(self.transport)
            if sends and now < self._linger_until:
                self.deadline = min(now + LINGER_SECONDS, self._linger_until)
            elif takes:
                self.deadline = now + STALL_SECONDS
            else:
                self.transport.abort()

    def takes_more(self) -> bool:
        return self._progress.look(self.transport)[1]
