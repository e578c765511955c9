"""Idle connections of one endpoint, and the making of new ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from proxy.endpoints.tls import words_for
from proxy.forward import BackendConnection
from proxy.model.tls_context import BadTlsFile
from proxy.outlet import FlushSoon
from proxy.replies import Failure

if TYPE_CHECKING:
    from proxy.endpoints.dial import Dial

MAX_IDLE = 256
"""Idle connections kept for one endpoint and worker."""

IDLE_SECONDS = 4.0
"""Shorter than the keep-alive of common servers (5 s), so that most reused connections are alive."""

IDLE_SECONDS_UNSAFE = 1.0
"""A request that must not be sent twice goes only on a connection that was used this recently."""


REST_SECONDS = 0.1
"""See ``Pool.put``."""


class Pool:
    """Connections to one endpoint. Last in, first out: the most recently used one is the most surely alive.

    ``epoch`` changes when connections that were made before may lead elsewhere now.
    """

    __slots__ = ("_dial", "_idle", "_loop", "_resting", "_room", "_tasks", "epoch", "flush_soon")

    def __init__(self, dial: Dial, loop: asyncio.AbstractEventLoop, flush_soon: FlushSoon) -> None:
        self.flush_soon = flush_soon
        self.epoch = 0
        self._room = MAX_IDLE
        self._dial = dial
        if dial.name is not None:
            dial.name.left = self._addresses_left
        self._loop = loop
        self._idle: deque[BackendConnection] = deque()
        self._resting: deque[BackendConnection] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, now: float, *, safe: bool) -> BackendConnection | None:
        """An idle connection fit for the next request, or None."""
        idle = self._idle
        oldest = now - (IDLE_SECONDS if safe else IDLE_SECONDS_UNSAFE)
        while idle:
            connection = idle[-1]
            if connection.idle_since < oldest:
                return None
            idle.pop()
            if not connection.transport.is_closing():
                connection.reused = True
                return connection
        return None

    def put(self, connection: BackendConnection, *, rests: bool = False) -> None:
        """``rests``: the answer told of a body that must not come (HEAD, 304). A broken backend sends it all the same, and late:
        nobody may take it for the next answer, so such a connection proves its silence first."""
        gone = connection.epoch != self.epoch and not self._stays(connection)
        if gone or len(self._idle) + len(self._resting) >= self._room:
            connection.transport.close()
            return
        connection.idle_since = self._loop.time()
        (self._resting if rests else self._idle).append(connection)

    def forget(self, connection: BackendConnection) -> None:
        if connection.carries is None and connection.tunnel is None:
            with contextlib.suppress(ValueError):
                self._idle.remove(connection)
            with contextlib.suppress(ValueError):
                self._resting.remove(connection)

    def sweep(self, now: float) -> None:
        """Close what has been idle for too long; take up again what has rested."""
        idle, resting = self._idle, self._resting
        while resting and resting[0].idle_since < now - REST_SECONDS:
            idle.append(resting.popleft())
        while idle and idle[0].idle_since < now - IDLE_SECONDS:
            idle.popleft().transport.close()

    def connect(
        self,
        seconds: float,
        connected: Callable[[BackendConnection], None],
        failed: Callable[[Failure, str], None],
    ) -> asyncio.Task[None]:
        """Open a connection; exactly one of the callbacks is called, unless the task is cancelled."""
        task = self._loop.create_task(
            self._connect(seconds, connected, failed), name=f"connect {self._dial.endpoint.url}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _connect(
        self,
        seconds: float,
        connected: Callable[[BackendConnection], None],
        failed: Callable[[Failure, str], None],
    ) -> None:
        url = self._dial.endpoint.url
        try:
            connection = await self._dial.open(lambda: BackendConnection(self), seconds)
        except TimeoutError:
            failed(Failure.CONNECT_TIMEOUT, f"no connection to {url} within {seconds:g} s")
        except (OSError, BadTlsFile) as error:
            failed(Failure.REFUSED, f"{url}: {words_for(error)}")
        else:
            connected(connection)

    def _addresses_left(self) -> None:
        """The endpoint's name does not lead to some address any more: connections to it take no further request."""
        self.epoch += 1
        for connections in (self._idle, self._resting):
            for connection in list(connections):
                if not self._stays(connection):
                    connections.remove(connection)
                    connection.transport.close()

    def _stays(self, connection: BackendConnection) -> bool:
        """Whether a connection of an earlier epoch may be kept; then it is of this one."""
        peer = connection.transport.get_extra_info("peername")
        if peer and not self._dial.leads_to(peer[0]):
            return False
        connection.epoch = self.epoch
        return True

    def close(self) -> None:
        """Keep nothing any more; what is in use closes when it is done."""
        self._room = 0
        self._dial.close()
        for connections in (self._idle, self._resting):
            while connections:
                connections.popleft().transport.close()
