"""One endpoint as one worker sees it: its connections, how it is, and whether requests go there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from proxy.endpoints.ejection import EjectionState
from proxy.endpoints.health import HealthState
from proxy.endpoints.turns import warming_share
from proxy.model.resilience import Mode

if TYPE_CHECKING:
    from proxy.backends import LiveBackend
    from proxy.model.counters import Counters
    from proxy.model.listen import BackendTls
    from proxy.model.table import Backend, Endpoint
    from proxy.pool import Pool

MakePool = Callable[["Backend", "Endpoint"], "Pool"]

log = logging.getLogger("proxy.endpoints")

SCALE = 1000
"""Weights are multiplied by this, so that a small one can grow in steps while its endpoint warms up."""


class LiveEndpoint:
    """It outlives tables that leave it as it is. ``back_at`` is when it came back, None once it is warm."""

    __slots__ = (
        "_counters", "_down", "_make_pool", "_up", "_way", "back_at", "backend", "ejection", "endpoint", "health", "pool",
    )  # fmt: skip

    pool: Pool

    def __init__(self, backend: LiveBackend, endpoint: Endpoint, make_pool: MakePool, counters: Counters) -> None:
        self.backend = backend
        self.endpoint = endpoint
        self._make_pool = make_pool
        self._way: tuple[BackendTls, float] | None = None
        self.health: HealthState | None = None
        self.ejection: EjectionState | None = None
        self.back_at: float | None = None
        self._counters = counters
        self._up = counters.slot("strangler_endpoint_up", backend=backend.name, endpoint=endpoint.url)
        self._down = counters.slot("strangler_endpoint_down", backend=backend.name, endpoint=endpoint.url)

    def use(self, backend: Backend, endpoint: Endpoint) -> None:
        """Be what the table says; what was learnt under the same rules stays."""
        self.endpoint = endpoint
        way = (backend.tls, backend.resolve)
        if way != self._way:
            # Connections that were trusted for other reasons are not taken again.
            if self._way is not None:
                self.pool.close()
            self._way = way
            self.pool = self._make_pool(backend, endpoint)
        if backend.health is None or self.health is None or self.health.policy != backend.health:
            self.health = HealthState(backend.health) if backend.health is not None else None
        if backend.ejection is None or self.ejection is None or self.ejection.policy != backend.ejection:
            self.ejection = EjectionState(backend.ejection) if backend.ejection is not None else None
        self.tell_usable()

    @property
    def is_well(self) -> bool:
        return self.health is None or self.health.well

    @property
    def is_usable(self) -> bool:
        return self.is_well and not (self.ejection is not None and self.ejection.keeps_away)

    def weight(self, now: float) -> int:
        """Its present weight among the others."""
        full = self.endpoint.weight * SCALE
        if self.back_at is None:
            return full
        share = warming_share(now - self.back_at, self.backend.backend.slow_start)
        if share >= 1.0:
            self.back_at = None
        return max(1, round(full * share))

    # How it is.

    def checked(self, now: float, *, good: bool, detail: str) -> bool:
        """An active check ended; says whether requests now go elsewhere, or here again."""
        health, before = self.health, self.is_usable
        if health is None:
            return False  # a new table asks for no checks any more
        self._counters.add("strangler_endpoint_checks", backend=self.backend.name, result="good" if good else "bad")
        if health.checked(good=good):
            (log.info if good else log.warning)(
                "endpoint is well again" if good else "endpoint is ill", extra={**self._labels(), "detail": detail}
            )
        if good and self.ejection is not None and self.ejection.until is not None:
            self.come_back(now, "a check was answered well")
        return self._is_changed(before, now)

    def eject(self, now: float, *, spare: bool) -> bool:
        """Requests failed here one after the other. ``spare``: there is no other usable endpoint, so nothing is done."""
        ejection, before = self.ejection, self.is_usable
        assert ejection is not None
        observed = ejection.policy.mode is Mode.OBSERVE
        result = "observed" if observed else "spared" if spare else "ejected"
        self._counters.add(
            "strangler_endpoint_ejections", backend=self.backend.name, endpoint=self.endpoint.url, result=result
        )
        if spare and not observed:
            ejection.begin_anew()
            return False
        seconds = ejection.eject(now)
        log.warning(
            "endpoint ejected", extra={**self._labels(), "seconds": seconds, "mode": ejection.policy.mode.value}
        )
        return self._is_changed(before, now)

    def come_back(self, now: float, why: str) -> bool:
        """The ejection ends."""
        ejection, before = self.ejection, self.is_usable
        assert ejection is not None
        ejection.come_back(now)
        log.info("endpoint is back", extra={**self._labels(), "detail": why})
        return self._is_changed(before, now)

    def _is_changed(self, before: bool, now: float) -> bool:
        usable = self.is_usable
        if usable is before:
            return False
        self.back_at = now if usable and self.backend.backend.slow_start else None
        self.tell_usable()
        return True

    # Words and numbers for people.

    def tell_usable(self) -> None:
        usable = self.is_usable
        self._counters.values[self._up] = int(usable)
        self._counters.values[self._down] = int(not usable)

    def close(self) -> None:
        """It left the table, or the worker ends."""
        self._counters.values[self._up] = self._counters.values[self._down] = 0
        self.pool.close()

    def _labels(self) -> dict[str, str]:
        return {"backend": self.backend.name, "endpoint": self.endpoint.url}
