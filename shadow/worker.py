"""The shadow worker: takes exchanges in, has each one replayed and compared, hands the results to the recorder.

It is the one error barrier: whatever goes wrong with an exchange is counted, and the next one is taken.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from proxy.model.counters import Counters
from proxy.model.decision import Skip
from proxy.model.exchange import Exchange
from proxy.model.plan import Plan
from proxy.model.settings import Settings
from shadow.asking import Asker
from shadow.inbox import Inbox, Job, Receipt
from shadow.jar import Jars
from shadow.keep import Keeping
from shadow.lag import Lag
from shadow.meters import Meters
from shadow.pairing import Pairing
from shadow.receive import Counts, Receiver
from shadow.record import Recorder
from shadow.redact import Redactor
from shadow.replay import NotCompared, Replayer
from shadow.store import open_store
from shadow.store.records import Recorded

log = logging.getLogger(__name__)

LAST_READ_SECONDS: Final = 2.0
"""How long a worker that ends reads on for connections that are just closing."""

FLUSH_SECONDS: Final = 5.0
_FRAME_OVERHEAD: Final = 1024


class Worker:
    """Made within a running loop; ``index`` is its place among the shadow workers. ``run`` works until ``drain`` was called, and returns when everything is written or the grace is over."""

    def __init__(self, settings: Settings, counters: Counters, secret: bytes, index: int = 0) -> None:
        self._settings = settings
        self._meters = Meters(counters, index)
        self._redactor = Redactor(secret)
        self._inbox = Inbox(settings.share(settings.shadow_queue_bytes))
        self._recorder = Recorder(open_store(settings.store), self._meters, tends=index == 0)
        self._receiver = Receiver(settings.tap_paths[index], self)
        self._concurrency = settings.share(settings.shadow_concurrency)
        self._drain: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._run = Path(settings.run_dir).name
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Raises OSError if the tap's socket cannot be made."""
        self._recorder.start()
        with ThreadPoolExecutor(1, "compare") as large:
            async with Replayer.open() as replayer:
                keeping = Keeping(random.Random().random, self._settings.shadow_workers)  # noqa: S311 - which matches are kept is no secret
                lag = Lag()
                asker = Asker(replayer, Jars(secrets.token_bytes(32), self._meters.jar_forgotten))
                pairing = Pairing(asker, self._redactor, keeping, large, lag)
                await self._receiver.start()
                working = [asyncio.create_task(self._work_on(pairing)) for _ in range(self._concurrency)]
                working.append(asyncio.create_task(lag.watch()))
                self.ready.set()
                grace = await self._drain
                await self._finish(grace)
                for task in working:
                    task.cancel()
                await asyncio.wait(working)
        await self._recorder.close(FLUSH_SECONDS)
        self._receiver.close()

    def drain(self, grace: float) -> None:
        """End: take nothing new, finish within ``grace`` seconds what was taken. Of several calls the first counts."""
        if not self._drain.done():
            self._drain.set_result(grace)

    def take_plans(self, plans: dict[str, Plan]) -> None:
        self._redactor.learn(secret for plan in plans.values() for secret in plan.requests.secrets)
        self._recorder.plans(plans)

    def take_exchange(self, exchange: Exchange, plan: Plan | None, size: int, receipt: Receipt) -> None:
        self._meters.received(exchange.route)
        if plan is None:
            self._recorder.skipped(exchange.route, "", Skip.SHADOW_LOST, receipt)
        elif not self._inbox.offer(Job(exchange, plan, size + _FRAME_OVERHEAD, receipt)):
            self._recorder.skipped(exchange.route, plan.rules, Skip.SHADOW_BUSY, receipt)
        self._meters.queue(self._inbox.waiting, self._inbox.size)

    def take_counts(self, source: str, counts: Counts, plans: dict[str, Plan]) -> None:
        for route, numbers in counts.items():
            plan = plans.get(route)
            # In a container the same process ids come back after every start; the run directory does not.
            self._recorder.told(f"{self._run}/{source}", route, plan.rules if plan else "", numbers)

    async def _work_on(self, pairing: Pairing) -> None:
        while True:
            job = await self._inbox.take()
            try:
                self._record(job, await self._result(pairing, job))
            except asyncio.CancelledError:
                self._record(job, NotCompared(Skip.SHADOW_LOST, "the shadow worker ended"))
                raise
            finally:
                self._inbox.finished(job)
                self._meters.queue(self._inbox.waiting, self._inbox.size)

    async def _result(self, pairing: Pairing, job: Job) -> Recorded | NotCompared:
        try:
            return await pairing.pair(job.exchange, job.plan)
        except Exception as error:  # noqa: BLE001 - the barrier; without the message, which may quote what was captured
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error(  # noqa: TRY400 - a traceback would show the message too
                "comparing failed",
                extra={
                    "route": job.plan.route,
                    "error": type(error).__name__,
                    "place": f"{place.filename}:{place.lineno}",
                },
            )
            return NotCompared(Skip.SHADOW_ERROR, type(error).__name__)

    def _record(self, job: Job, result: Recorded | NotCompared) -> None:
        if isinstance(result, Recorded):
            if result.unredacted:
                self._meters.unredacted(result.route)
                log.error(
                    "a pair could not be redacted; nothing of its contents is kept",
                    extra={"route": result.route, "error": result.unredacted},
                )
            self._recorder.pair(result, job.receipt)
        else:
            self._recorder.skipped(job.plan.route, job.plan.rules, result.skip, job.receipt)

    async def _finish(self, grace: float) -> None:
        try:
            async with asyncio.timeout(grace):
                await self._receiver.finish(min(grace, LAST_READ_SECONDS))
                await self._inbox.until_idle()
        except TimeoutError:
            log.warning("the grace is over; what is not compared is counted", extra={"waiting": self._inbox.waiting})
            for job in self._inbox.abandon():
                self._record(job, NotCompared(Skip.SHADOW_LOST, "the shadow worker ended"))
                self._inbox.finished(job)
