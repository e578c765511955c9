"""A backend as one worker sees it: its endpoints, whose turn it is, and what their answers taught us.

``LiveBackend`` also holds what guards the whole backend, which is asked before ``pick``, and its budget for retries.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from proxy.endpoints.checks import Checks
from proxy.endpoints.dial import Dial
from proxy.endpoints.live_endpoint import LiveEndpoint
from proxy.endpoints.names import MOST_LOOKUPS
from proxy.endpoints.tls import Tls
from proxy.endpoints.turns import cycle_of
from proxy.guards.breaker import is_failure
from proxy.guards.budget import RetryBudget
from proxy.guards.guard import Guard
from proxy.outlet import FlushSoon
from proxy.pool import Pool
from proxy.replies import Failure

if TYPE_CHECKING:
    from proxy.model.counters import Counters
    from proxy.model.listen import BackendTls
    from proxy.model.table import Backend, Endpoint

Outcome = Failure | int | None
"""How one try at an endpoint ended: it failed, or it began an answer with this status, or nobody waited until either was known."""

MakeEndpoint = Callable[["LiveBackend", "Endpoint"], LiveEndpoint]
MakeGuard = Callable[[str], Guard]


class LiveBackend:
    """One backend. It outlives tables that name it; what a new one says of it is taken over by ``use``.

    ``listens`` tells whether anybody wants to know how tries end; where nobody does, ``ended`` need not be called.
    ``guard`` is None where the table asks for neither breaker nor bulkhead.
    """

    __slots__ = (
        "_cycle", "_loop", "_make", "_make_guard", "_only", "_restless", "_turn", "backend", "budget", "endpoints", "guard",
        "listens", "name",
    )  # fmt: skip

    def __init__(
        self, backend: Backend, loop: asyncio.AbstractEventLoop, make: MakeEndpoint, make_guard: MakeGuard
    ) -> None:
        self.name = backend.name
        self.endpoints: list[LiveEndpoint] = []
        self.guard: Guard | None = None
        self.budget = RetryBudget()
        self._make_guard = make_guard
        self._loop = loop
        self._make = make
        self._turn = random.randrange(1024)  # noqa: S311 - not all workers shall begin with the same endpoint
        self.use(backend)

    def use(self, backend: Backend) -> None:
        """Be what the table says, and keep what stayed the same."""
        self.backend = backend
        before = {_place(live.endpoint): live for live in self.endpoints}
        self.endpoints = []
        for endpoint in backend.endpoints:
            live = before.pop(_place(endpoint), None)
            if live is None:
                live = self._make(self, endpoint)
            live.use(backend, endpoint)
            self.endpoints.append(live)
        for gone in before.values():
            gone.close()
        self.listens = backend.ejection is not None
        self._only = self.endpoints[0] if len(self.endpoints) == 1 else None
        self.arrange(self._loop.time())
        guarded = backend.breaker is not None or backend.bulkhead is not None
        if guarded and self.guard is None:
            self.guard = self._make_guard(backend.name)
        if self.guard is not None:
            self.guard.use(backend)
            self.guard = self.guard if guarded else None

    def pick(self, failed: LiveEndpoint | None) -> LiveEndpoint:
        """The endpoint for the next try: another than the one that ``failed`` just now, if there is another to use."""
        only = self._only
        if only is not None:
            return only
        cycle = self._cycle
        self._turn = turn = (self._turn + 1) % len(cycle)
        picked = cycle[turn]
        return picked if picked is not failed else self._other_than(picked)

    def _other_than(self, failed: LiveEndpoint) -> LiveEndpoint:
        cycle, turn = self._cycle, self._turn
        for self._turn in (*range(turn, len(cycle)), *range(turn)):
            if cycle[self._turn] is not failed:
                return cycle[self._turn]
        return failed

    def ended(self, endpoint: LiveEndpoint, outcome: Outcome) -> None:
        """The try at ``endpoint`` is over. Exactly one call for each ``pick``."""
        ejection, failed = endpoint.ejection, is_failure(outcome)
        if ejection is not None and failed is not None and ejection.ended(failed=failed):
            now = self._loop.time()
            others = any(other.is_usable for other in self.endpoints if other is not endpoint)
            if endpoint.eject(now, spare=not others):
                self.arrange(now)
            self._restless = True

    def checked(self, endpoint: LiveEndpoint, *, good: bool, detail: str) -> None:
        """An active check of ``endpoint`` ended."""
        now = self._loop.time()
        if endpoint.checked(now, good=good, detail=detail):
            self.arrange(now)

    def arrange(self, now: float) -> None:
        """Who has how many turns from now on. If nobody is usable, all are used: a check that asks for the wrong thing, or one fault
        that all share, must not be the end of all answers."""
        everybody = self.endpoints
        used = [live for live in everybody if live.is_usable]
        used = used or [live for live in everybody if live.is_well] or everybody
        self._cycle = [used[i] for i in cycle_of([live.weight(now) for live in used])]
        self._restless = any(
            live.back_at is not None or (live.ejection is not None and live.ejection.until is not None)
            for live in everybody
        )

    def tick(self, now: float) -> None:
        for live in self.endpoints:
            live.pool.sweep(now)
        if self._restless:
            back = [live for live in self.endpoints if live.ejection is not None and live.ejection.is_over(now)]
            for live in back:
                live.come_back(now, "its time is over")
            if back or any(live.back_at is not None for live in self.endpoints):
                self.arrange(now)

    def close(self) -> None:
        """Keep no connection any more; those in use close when they are done."""
        for live in self.endpoints:
            live.close()
        if self.guard is not None:
            self.guard.close()


class Backends:
    """All backends of one worker, and what they share."""

    __slots__ = ("_by_name", "_checks", "_counters", "_flush_soon", "_lookups", "_loop", "_make_guard", "_tls")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, flush_soon: FlushSoon, counters: Counters, make_guard: MakeGuard
    ) -> None:
        self._make_guard = make_guard
        self._loop = loop
        self._flush_soon = flush_soon
        self._counters = counters
        self._by_name: dict[str, LiveBackend] = {}
        self._tls: dict[BackendTls, Tls] = {}
        self._checks = Checks()
        self._lookups = asyncio.Semaphore(MOST_LOOKUPS)

    def use(self, backends: Mapping[str, Backend]) -> None:
        """A new table is in force. What it does not name any more is closed."""
        for name in self._by_name.keys() - backends.keys():
            self._by_name.pop(name).close()
        for name, backend in backends.items():
            live = self._by_name.get(name)
            if live is None:
                self._by_name[name] = LiveBackend(backend, self._loop, self._make_endpoint, self._make_guard)
            else:
                live.use(backend)
        for settings in self._tls.keys() - {backend.tls for backend in backends.values()}:
            self._tls.pop(settings).close()
        self._checks.use(endpoint for live in self._by_name.values() for endpoint in live.endpoints)

    def of(self, backend: Backend) -> LiveBackend:
        live = self._by_name.get(backend.name)
        return self._of_the_past(backend) if live is None else live

    def _of_the_past(self, backend: Backend) -> LiveBackend:
        """For a passage that began under a table that named ``backend``: it serves that one try, and nothing is kept."""
        live = LiveBackend(backend, self._loop, self._make_endpoint, self._make_guard)
        live.close()
        return live

    def _make_endpoint(self, backend: LiveBackend, endpoint: Endpoint) -> LiveEndpoint:
        return LiveEndpoint(backend, endpoint, self._make_pool, self._counters)

    def _make_pool(self, backend: Backend, endpoint: Endpoint) -> Pool:
        tls = self._tls_of(backend.tls) if endpoint.scheme == "https" else None
        return Pool(Dial(endpoint, tls, backend.resolve, self._lookups), self._loop, self._flush_soon)

    def _tls_of(self, settings: BackendTls) -> Tls:
        """One for all backends with the same settings: the system's authorities are many."""
        tls = self._tls.get(settings)
        if tls is None:
            tls = self._tls[settings] = Tls(settings)
        return tls

    def tick(self, now: float) -> None:
        for live in self._by_name.values():
            live.tick(now)

    def close(self) -> None:
        self._checks.close()
        for live in self._by_name.values():
            live.close()
        for tls in self._tls.values():
            tls.close()


def _place(endpoint: Endpoint) -> tuple[str, str, int, str | None]:
    """What makes an endpoint another one; its weight does not."""
    return endpoint.scheme, endpoint.host, endpoint.port, endpoint.socket
