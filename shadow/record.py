"""Puts results into the store: one thread writes, in batches, and nobody ever waits for it (promise 6).

A batch that the store refuses is tried again a few times. Then its pairs are dropped and counted, its sums are kept for the
next batch, and the store is opened anew each time: it heals by itself as soon as the reason is gone.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from proxy.model.decision import Skip
from proxy.model.keep import Keep
from proxy.model.plan import Plan
from shadow.inbox import Receipt
from shadow.meters import Meters
from shadow.store.batch import Batch
from shadow.store.connect import LOCKED_SECONDS
from shadow.store.keeper import StoreKeeper
from shadow.store.records import Recorded
from shadow.store.retention import Removed
from shadow.store.sqlite import SqliteStore

log = logging.getLogger(__name__)

BATCH_SECONDS: Final = 0.2
BATCH_PAIRS: Final = 200
MAX_PAIRS: Final = 5_000
MAX_BYTES: Final = 32 * 1024 * 1024
"""Pairs waiting to be written, and bytes of what is kept of them. More are dropped and counted."""

RETRY_SECONDS: Final = (0.1, 0.5, 2.0)
LAST_RETRY_SECONDS: Final = 0.1
"""Between attempts to write the last batch, which nothing follows: another instance may have the store just then."""

CLEANING_SECONDS: Final = 600.0
MEASURING_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Pending:
    """What waits to be written, and who waits for it."""

    batch: Batch = field(default_factory=Batch)
    receipts: Counter[Receipt] = field(default_factory=Counter)
    size: int = 0


class Recorder:
    """Call everything but the constructor in the event loop's thread. ``clock`` is Unix time. ``tends``: whether it removes what is too
    old, which of several recorders of one store one does."""

    def __init__(
        self,
        store: SqliteStore,
        meters: Meters,
        *,
        clock: Callable[[], float] = time.time,
        tends: bool = True,
    ) -> None:
        self._store = store
        self._meters = meters
        self._tends = tends
        self._keep: Keep | None = None
        self._clock = clock
        self._pending = _Pending()
        self._lock = threading.Lock()
        self._full = threading.Event()
        self._closing = threading.Event()
        self._last_moment = 0.0
        """Once it is closing, by the monotonic clock: when to give up."""
        self._thread = threading.Thread(target=self._write_on, name="store-writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper = StoreKeeper(store, clock, self._tell)
        self._failing = False
        self._cleaned_at = 0.0
        self._measured_at = 0.0
        self._plans: tuple[dict[str, Plan], float] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def plans(self, plans: dict[str, Plan]) -> None:
        with self._lock:
            self._plans = plans, self._clock()
            # The same in all of them. A table without routes says nothing: what another said may not be undone.
            self._keep = next((plan.keep for plan in plans.values()), self._keep)
            if self._keep is not None and self._tends:
                self._meters.keep(self._keep)
            self._pending.batch.plans, self._pending.batch.plans_at = self._plans

    def told(self, source: str, route: str, rules: str, numbers: dict[str, int]) -> None:
        """Cumulative numbers of ``source``: only the newest matter."""
        with self._lock:
            told = self._pending.batch.told
            before = told[source, route][2] if (source, route) in told else {}
            told[source, route] = (rules, self._clock(), before | numbers)

    def skipped(self, route: str, rules: str, reason: Skip, receipt: Receipt) -> None:
        """A copy that yields no outcome."""
        self._meters.skipped(route, reason)
        with self._lock:
            self._pending.batch.count(route, rules, self._clock(), f"skipped:{reason}")
            self._pending.receipts[receipt] += 1

    def pair(self, recorded: Recorded, receipt: Receipt) -> None:
        with self._lock:
            pending = self._pending
            if len(pending.batch.pairs) < MAX_PAIRS and pending.size + recorded.size <= MAX_BYTES:
                pending.batch.pairs.append(recorded)
                pending.receipts[receipt] += 1
                pending.size += recorded.size
                if len(pending.batch.pairs) >= BATCH_PAIRS:
                    self._full.set()
                return
        self.skipped(recorded.route, recorded.rules, Skip.STORE_FAILED, receipt)

    async def close(self, seconds: float) -> None:
        """Write what is pending, for at most ``seconds``."""
        self._last_moment = time.monotonic() + seconds
        self._closing.set()
        self._full.set()
        await asyncio.to_thread(self._thread.join, seconds)
        await asyncio.sleep(0)  # the last batch's receipts were put on the loop just before the thread ended
        if self._thread.is_alive():
            log.error("the store did not take the last results in time", extra={"seconds": seconds})

    def _write_on(self) -> None:
        """The thread."""
        while True:
            self._full.wait(BATCH_SECONDS)
            self._full.clear()
            last = self._closing.is_set()
            with self._lock:
                pending, self._pending = self._pending, _Pending()
            if pending.batch or self._keeper.should_examine:
                self._settle(pending, committed=self._write(pending.batch))
            if last:
                break
            self._tend_now_and_then()
        self._keeper.close()

    def _write(self, batch: Batch) -> bool:
        error: Exception | None = None
        for _ in self._attempts():
            error = self._attempt(batch)
            if error is None:
                if self._failing:
                    log.warning("the store takes results again")
                self._failing = False
                return True
        self._keep_sums(batch)
        if not self._failing:
            log.error(
                "the store refuses results; they are dropped and counted until it takes them again",
                extra={"store": str(self._store.path), "reason": str(error), "pairs": len(batch.pairs)},
            )
        self._failing = True
        return False

    def _attempts(self) -> Iterator[None]:
        """Goes on when it is time for another attempt."""
        yield
        if self._failing:  # one attempt a batch: waiting longer would only make more wait
            return
        for pause in RETRY_SECONDS:
            if self._closing.wait(pause):
                break
            yield
        # An attempt that waits for a lock should end before nobody waits for us any more.
        while self._closing.is_set() and time.monotonic() + LOCKED_SECONDS < self._last_moment:
            time.sleep(LAST_RETRY_SECONDS)
            yield

    def _attempt(self, batch: Batch) -> Exception | None:
        try:
            self._keeper.write(batch, self._plans)
        except Exception as error:  # noqa: BLE001 - whatever the store does wrong, the thread must live
            return error
        return None

    def _keep_sums(self, batch: Batch) -> None:
        """The pairs are lost, and the next batch says so; all the rest is small and goes with it."""
        for recorded in batch.pairs:
            batch.count(recorded.route, recorded.rules, recorded.at, f"skipped:{Skip.STORE_FAILED}")
        with self._lock:
            self._pending.batch.keep_for_later(batch)

    def _tell(self, set_aside: str) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._meters.set_aside, set_aside)

    def _settle(self, pending: _Pending, *, committed: bool) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._settled, pending, committed)

    def _settled(self, pending: _Pending, committed: bool) -> None:
        self._meters.store(committed=committed)
        for recorded in pending.batch.pairs:
            if committed:
                self._meters.outcome(recorded.route, recorded.outcome)
            else:
                self._meters.skipped(recorded.route, Skip.STORE_FAILED)
        for receipt, count in pending.receipts.items():
            receipt.dealt_with(count)

    def _tend_now_and_then(self) -> None:
        """Remove what is too old, and tell what there is."""
        now = self._clock()
        if not self._tends or not self._keeper.is_open or now - self._measured_at < MEASURING_SECONDS:
            return
        self._measured_at = now
        removed = Removed()
        try:
            if self._keep is not None and now - self._cleaned_at >= CLEANING_SECONDS:
                self._cleaned_at = now
                removed = self._keeper.remove_old(now, self._keep)
            holding = self._keeper.holding()
        except Exception as error:  # noqa: BLE001 - as in _attempt; what is too old is removed the next time
            log.warning("could not remove old results", extra={"reason": str(error)})
            return
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._meters.kept, removed, holding)
