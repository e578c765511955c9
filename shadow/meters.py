"""What the shadow counts in shared memory. Used by the event loop's thread alone: an add is no atomic step."""

from __future__ import annotations

from dataclasses import asdict

from proxy.model.counters import Counters
from proxy.model.decision import Skip
from proxy.model.keep import Keep
from shadow.model import Outcome
from shadow.store.retention import Holding, Removed


class Meters:
    """``worker`` is the place of this one among the shadow workers."""

    __slots__ = (
        "_contents_limit",
        "_counters",
        "_done",
        "_evidence_limit",
        "_oldest",
        "_queue",
        "_queue_bytes",
        "_size_limit",
        "_store_bad",
        "_store_bytes",
    )

    def __init__(self, counters: Counters, worker: int = 0) -> None:
        self._counters = counters
        self._done = counters.slot("strangler_shadow_done", worker=str(worker))
        self._queue = counters.slot("strangler_shadow_queue", worker=str(worker))
        self._queue_bytes = counters.slot("strangler_shadow_queue_bytes", worker=str(worker))
        self._store_bad = counters.slot("strangler_store_bad")
        self._store_bytes = counters.slot("strangler_store_bytes")
        self._contents_limit = counters.slot("strangler_store_keep_seconds", of="contents")
        self._evidence_limit = counters.slot("strangler_store_keep_seconds", of="evidence")
        self._size_limit = counters.slot("strangler_store_size_limit_bytes")
        self._oldest = counters.slot("strangler_store_oldest_contents")

    def received(self, route: str) -> None:
        self._counters.add("strangler_shadow_received", route=route)

    def outcome(self, route: str, outcome: Outcome) -> None:
        self._counters.add("strangler_shadow_outcomes", route=route, outcome=outcome)
        self._counters.values[self._done] += 1

    def skipped(self, route: str, reason: Skip) -> None:
        self._counters.add("strangler_skipped", route=route, reason=reason)
        self._counters.values[self._done] += 1

    def unredacted(self, route: str) -> None:
        self._counters.add("strangler_unredacted", route=route)

    def jar_forgotten(self) -> None:
        self._counters.add("strangler_shadow_jars_forgotten")

    def store(self, *, committed: bool) -> None:
        """What the store did with a batch."""
        self._counters.values[self._store_bad] = int(not committed)
        if not committed:
            self._counters.add("strangler_store_failures")

    def set_aside(self, file: str) -> None:
        """A damaged store got this name."""
        self._counters.add("strangler_store_set_aside", file=file)

    def keep(self, keep: Keep) -> None:
        """What the store is allowed."""
        values = self._counters.values
        values[self._contents_limit], values[self._evidence_limit] = int(keep.contents), int(keep.evidence)
        values[self._size_limit] = keep.size

    def kept(self, removed: Removed, holding: Holding) -> None:
        """What retention took, and what the store holds."""
        self._counters.values[self._store_bytes] = holding.used
        self._counters.values[self._oldest] = int(holding.oldest or 0)
        for limit, count in asdict(removed).items():
            if count:
                self._counters.add("strangler_store_removed", count, limit=limit)

    def queue(self, waiting: int, size: int) -> None:
        """``size`` is bytes waiting or in replay."""
        values = self._counters.values
        values[self._queue] = waiting
        values[self._queue_bytes] = size
