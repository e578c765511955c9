"""What is counted for each request: slots of shared memory, looked up once per (route, backend) and kept."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from proxy.model.counters import Counters
from proxy.model.decision import Skip
from proxy.model.metrics import LATENCY_BUCKETS_MS

_CLASSES = ("own", "1xx", "2xx", "3xx", "4xx", "5xx")
_BOUNDS_US: Final[list[int]] = [bound * 1000 for bound in LATENCY_BUCKETS_MS]


class RouteMeter:
    """A route's requests: seen, copied, skipped with each reason. What is not copied has a reason (promise 8)."""

    __slots__ = ("_copied", "_counters", "_route", "_seen", "_skipped")

    def __init__(self, counters: Counters, route: str) -> None:
        self._counters = counters
        self._route = route
        self._seen = counters.slot("strangler_seen", route=route)
        self._copied = counters.slot("strangler_copied", route=route)
        self._skipped: dict[Skip, int] = {}

    def taken(self, skip: Skip | None) -> None:
        """Count one finished request: copied, or skipped for a reason."""
        values = self._counters.values
        values[self._seen] += 1
        if skip is None:
            values[self._copied] += 1
        else:
            values[self._slot(skip)] += 1

    def lost(self, count: int, skip: Skip) -> None:
        """Copies handed over that the shadow will never deal with."""
        self._counters.values[self._slot(skip)] += count

    def _slot(self, skip: Skip) -> int:
        slot = self._skipped.get(skip)
        if slot is None:
            slot = self._skipped[skip] = self._counters.slot("strangler_skipped", route=self._route, reason=skip)
        return slot

    def cumulative(self) -> dict[str, int]:
        """The numbers of this worker's life, as COUNTS frames carry them."""
        values = self._counters.values
        counts = {"seen": values[self._seen], "copied": values[self._copied]}
        for skip, slot in self._skipped.items():
            counts[f"skipped:{skip}"] = values[slot]
        return counts


class Meter:
    """One route's requests to one backend."""

    __slots__ = ("_buckets", "_classes", "_sum", "_values", "in_flight", "opened", "reused", "route")

    def __init__(self, counters: Counters, route: RouteMeter, route_name: str, backend: str) -> None:
        self._values = counters.values
        self.route = route
        self.in_flight = counters.slot("strangler_in_flight", backend=backend)
        self.opened = counters.slot("strangler_backend_connects", backend=backend, result="opened")
        self.reused = counters.slot("strangler_backend_connects", backend=backend, result="reused")
        self._classes = [
            counters.slot("strangler_requests", route=route_name, backend=backend, status_class=name)
            for name in _CLASSES
        ]
        bounds = [*map(str, LATENCY_BUCKETS_MS), "+Inf"]
        self._buckets = [
            counters.slot("strangler_request_duration", route=route_name, backend=backend, le=bound) for bound in bounds
        ]
        self._sum = counters.slot("strangler_request_duration", route=route_name, backend=backend, le="sum")

    @property
    def total(self) -> int:
        """Requests answered in this worker's life."""
        return sum(self._values[slot] for slot in self._classes)

    def answered(self, status: int, seconds: float) -> None:
        values = self._values
        # Some servers answer 999; RFC 9110 section 15 takes what is beyond 599 for a 5xx.
        values[self._classes[min(status // 100, 5)]] += 1
        micros = int(seconds * 1_000_000)
        values[self._buckets[bisect_left(_BOUNDS_US, micros)]] += 1
        values[self._sum] += micros


class Meters:
    """All meters of one worker."""

    __slots__ = ("_by_pair", "_by_route", "_counters")

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._by_route: dict[str, RouteMeter] = {}
        self._by_pair: dict[tuple[str, str], Meter] = {}

    def of(self, route: str, backend: str) -> Meter:
        meter = self._by_pair.get((route, backend))
        if meter is None:
            meter = self._by_pair[route, backend] = Meter(self._counters, self.of_route(route), route, backend)
        return meter

    def of_route(self, route: str) -> RouteMeter:
        meter = self._by_route.get(route)
        if meter is None:
            meter = self._by_route[route] = RouteMeter(self._counters, route)
        return meter

    def dropped(self, worker: int, reason: Skip, count: int) -> None:
        """Exchanges that shadow worker ``worker`` did not get, or took with it."""
        self._counters.add("strangler_tap_dropped", count, worker=str(worker), reason=reason)

    def cumulative(self) -> dict[str, dict[str, int]]:
        """By route, the numbers of this worker's life, with those of each backend that answered."""
        counts = {route: meter.cumulative() for route, meter in self._by_route.items()}
        for (route, backend), meter in self._by_pair.items():
            counts[route][f"answered:{backend}"] = meter.total
        return counts
