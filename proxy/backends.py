"""A backend as one worker sees it: its endpoints, whose turn it is, and what their answers taught us.

``LiveBackend`` also holds what guards the whole backend, which is asked before ``pick``, and its budget for retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from proxy.budget import RetryBudget
from proxy.guard import Guard
from proxy.outlet import FlushSoon
from proxy.pool import Pool
from proxy.replies import Failure

if TYPE_CHECKING:
    from proxy.model.table import Backend, Endpoint

Outcome = Failure | int | None
"""How one try at an endpoint ended: it failed, or it began an answer with this status, or nobody waited until either was known."""

MakePool = Callable[["Backend", "Endpoint"], Pool]
MakeGuard = Callable[[str], Guard]


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
    ``guard`` is None where the table asks for neither breaker nor bulkhead.
    """

    __slots__ = ("_endpoints", "_make", "_make_guard", "_only", "_turn", "backend", "budget", "guard", "listens")

    def __init__(self, backend: Backend, make: MakePool, make_guard: MakeGuard) -> None:
        self.listens = False
        self.guard: Guard | None = None
        self.budget = RetryBudget()
        self._make = make
        self._make_guard = make_guard
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
        guarded = backend.breaker is not None or backend.bulkhead is not None
        if guarded and self.guard is None:
            self.guard = self._make_guard(backend.name)
        if self.guard is not None:
            self.guard.use(backend)
            self.guard = self.guard if guarded else None

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
        if self.guard is not None:
            self.guard.close()


class Backends:
    """All backends of one worker."""

    __slots__ = ("_by_name", "_flush_soon", "_loop", "_make_guard")

    def __init__(self, loop: asyncio.AbstractEventLoop, flush_soon: FlushSoon, make_guard: MakeGuard) -> None:
        self._loop = loop
        self._flush_soon = flush_soon
        self._make_guard = make_guard
        self._by_name: dict[str, LiveBackend] = {}

    def use(self, backends: Mapping[str, Backend]) -> None:
        """A new table is in force. What it does not name any more is closed."""
        for name in self._by_name.keys() - backends.keys():
            self._by_name.pop(name).close()
        for name, backend in backends.items():
            live = self._by_name.get(name)
            if live is None:
                self._by_name[name] = LiveBackend(backend, self._make_pool, self._make_guard)
            else:
                live.use(backend)

    def of(self, backend: Backend) -> LiveBackend:
        live = self._by_name.get(backend.name)
        return self._of_the_past(backend) if live is None else live

    def _of_the_past(self, backend: Backend) -> LiveBackend:
        """For a passage that began under a table that named ``backend``: it serves that one try, and nothing is kept."""
        live = LiveBackend(backend, self._make_pool, self._make_guard)
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
