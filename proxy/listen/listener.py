"""The listening side of a worker: takes what waits on the shared sockets and makes a client connection of it.

All workers of an instance share the sockets, which the supervisor holds: what one worker does not accept, another one will.
So a worker may stop at any time, for a moment (it has too few file descriptors, or too much to do) or for good, and no connection
is lost.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

from proxy.listen.doorway import Doorway
from proxy.listen.handshakes import refuse_handshakes
from proxy.networks import address_of
from proxy.patience import LINGER_SECONDS

if TYPE_CHECKING:
    from proxy.live_path import LivePath

log = logging.getLogger(__name__)

BURST = 16
"""Connections taken in one turn of the loop: those that are there already must not wait for a storm of new ones, and the
workers share a burst."""

RESERVED = 48
"""File descriptors for all that is neither a client nor its backend: event loop, logs, tap, lookups, files of certificates."""

TELL_SECONDS = 10.0
"""A worker at its limit says so no more often."""


class Listener:
    """``open``, ``tick`` now and then, ``close``. ``doorway`` says how connections come in."""

    def __init__(self, live: LivePath, sockets: Sequence[socket.socket]) -> None:
        self._live = live
        self._loop = live.loop
        self.doorway = Doorway(live)
        self._sockets = sockets
        self._arriving: set[asyncio.Task[None]] = set()
        self._accepting = False
        self._undecided = False
        self._closed = False
        live.most = _most_clients()
        self._told_at = -TELL_SECONDS

    def open(self) -> None:
        self._accepting, self._undecided = True, False
        for one in self._sockets:
            self._loop.add_reader(one, self._accept, one)

    def tick(self) -> None:
        """Go on after a pause, as soon as there is room, and not while the worker has too much to do."""
        self._live.most = _most_clients()
        shed = self._live.shed
        if shed is not None and not shed.accepts:
            if self._accepting:
                self._pause("overload", "the worker has more to do than it can")
        elif not self._accepting and not self._closed and self._has_room():
            self.open()

    def _has_room(self) -> bool:
        return self._live.has_room(len(self._arriving))

    async def close(self, settle: float = 0.0) -> None:
        """Accept no more. With ``settle`` the sockets end with us: nobody new is let in, and who is already in the queue, or
        has a handshake under way that ends within so many seconds, is still accepted."""
        if self._closed:
            return
        if settle:
            for one in self._sockets:
                refuse_handshakes(one)
            await asyncio.sleep(settle)
        self._closed = True
        self._stop()
        for one in self._sockets:
            while settle and self._take(one):
                pass
            one.close()
        if self._arriving:  # handshakes that we have begun
            await asyncio.wait(self._arriving, timeout=LINGER_SECONDS)

    def _stop(self) -> None:
        self._accepting = False
        for one in self._sockets:
            self._loop.remove_reader(one)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(BURST):
            if not self._has_room():
                self._pause("clients", f"{self._live.most} clients are as many as our file descriptors are for")
                return
            if not self._take(listening):
                return

    def _take(self, listening: socket.socket) -> bool:
        """Take one connection; says whether there may be more."""
        try:
            accepted, peer = listening.accept()
        except BlockingIOError:  # another worker was faster
            return False
        except ConnectionAbortedError:
            return True
        except OSError as error:  # no descriptors, no memory: trying again at once would only burn the processor
            self._pause("error", str(error))
            return False
        arriving = self._loop.create_task(self.doorway.let_in(accepted, address_of(peer)))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arrived)
        return True

    def _arrived(self, arriving: asyncio.Task[None]) -> None:
        self._arriving.discard(arriving)
        if self._undecided and not self._arriving and not self._closed:
            self.open()

    def _pause(self, reason: str, detail: str) -> None:
        self._stop()
        live = self._live
        if reason == "clients" and live.has_room():
            self._undecided = True  # some are counted twice for a moment, as arriving and as clients
            return
        live.counters.add("strangler_accept_pauses", reason=reason)
        if live.now - self._told_at >= TELL_SECONDS:
            self._told_at = live.now
            log.warning(
                "accepting pauses; new connections wait", extra={"detail": detail, "connections": len(live.clients)}
            )


def _most_clients() -> int:
    """Half of our file descriptors, so that each client can have its backend."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, (soft - RESERVED) // 2)
