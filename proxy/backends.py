"""A backend as one worker sees it: its endpoints, whose turn it is, and what their answers taught us.

``LiveBackend`` is also the place for what guards the whole backend: asked before ``pick``, told in ``ended``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from proxy.outlet import FlushSoon
from proxy.pool import Pool
from proxy.replies import Failure

if TYPE_CHECKING:
    from proxy.model.table import Backend, Endpoint

Outcome = Failure | int | None
"""How one try at an endpoint ended: it failed, or it began an answer with this status, or nobody waited until either was known."""

MakePool = Callable[["Backend", "Endpoint"], Pool]


class LiveEndpoint:
    """One endpoint of a backend. It outlives tables that leave it as it is."""

    __slots__ = ("backend", "endpoint", "pool")

    def __init__(self, backend: LiveBackend, endpoint: Endpoint, pool: Pool) -> None:
        self.backend = backend
        self.endpoint = endpoint
        self.pool = pool


class LiveBackend:
    """One backend. It outlives tables that name it; what a new one says of it is taken over by ``use``.

    ``listens`` tells whether anybody wants to know how tries end; where nobody does, ``ended`` need not be called.
    """

    __slots__ = ("_endpoints", "_make", "_only", "_turn", "backend", "listens")

    def __init__(self, backend: Backend, make: MakePool) -> None:
        self.listens = False
        self._make = make
        self._turn = 0
        self._endpoints: list[LiveEndpoint] = []
        self.use(backend)

    def use(self, backend: Backend) -> None:
        """Be what the table says, and keep what stayed the same."""
        self.backend = backend
        before = {live.endpoint: live for live in self._endpoints}
        self._endpoints = [
            before.pop(endpoint) if endpoint in before else LiveEndpoint(self, endpoint, self._make(backend, endpoint))
            for endpoint in backend.endpoints
        ]
        for gone in before.values():
            gone.pool.close()
        self._only = self._endpoints[0] if len(self._endpoints) == 1 else None

    def pick(self, failed: LiveEndpoint | None) -> LiveEndpoint:
        """The endpoint for the next try: another than the one that ``failed`` just now, if there is another."""
        if self._only is not None:
            return self._only
        self._turn += 1
        picked = self._endpoints[self._turn % len(self._endpoints)]
        return self.pick(None) if picked is failed else picked

    def ended(self, endpoint: LiveEndpoint, outcome: Outcome) -> None:
        """The try at ``endpoint`` is over. Exactly one call for each ``pick``."""

    def tick(self, now: float) -> None:
        for live in self._endpoints:
            live.pool.sweep(now)

    def close(self) -> None:
        """Keep no connection any more; those in use close when they are done."""
        for live in self._endpoints:
            live.pool.close()


class Backends:
    """All backends of one worker."""

    __slots__ = ("_by_name", "_flush_soon", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, flush_soon: FlushSoon) -> None:
        self._loop = loop
        self._flush_soon = flush_soon
        self._by_name: dict[str, LiveBackend] = {}

    def use(self, backends: Mapping[str, Backend]) -> None:
        """A new table is in force. What it does not name any more is closed."""
        for name in self._by_name.keys() - backends.keys():
            self._by_name.pop(name).close()
        for name, backend in backends.items():
            live = self._by_name.get(name)
            if live is None:
                self._by_name[name] = LiveBackend(backend, self._make_pool)
            else:
                live.use(backend)

    def of(self, backend: Backend) -> LiveBackend:
        live = self._by_name.get(backend.name)
        return self._of_the_past(backend) if live is None else live

    def _of_the_past(self, backend: Backend) -> LiveBackend:
        """For a passage that began under a table that named ``backend``: it serves that one try, and nothing is kept."""
        live = LiveBackend(backend, self._make_pool)
        live.close()
        return live

    def _make_pool(self, backend: Backend, endpoint: Endpoint) -> Pool:
        return Pool(backend, endpoint, self._loop, self._flush_soon)

    def tick(self, now: float) -> None:
        for live in self._by_name.values():
            live.tick(now)

    def close(self) -> None:
        for live in self._by_name.values():
            live.close()
