"""The store, as pages and API ask it: in threads of its own, once a second at most, and never for longer than a few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from proxy.model.plan import Plan
from shadow.model import RouteSummary, SignatureSummary
from shadow.store import NoStore, SqliteStore, StoredPair, StoreError
from shadow.store.affected import Affected
from shadow.store.read_kept import Wanted
from shadow.store.read_latency import HourLatency
from shadow.store.read_sightings import Sighting
from shadow.store.read_traffic import EpochSeen, Hour
from shadow.store.selection import Selection
from shadow.triage import Triage

FRESH_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 5.0
GLANCE_SECONDS: Final = 0.5
MOST_KEPT: Final = 64

T = TypeVar("T")


@dataclass(slots=True)
class _Reading:
    """One reading, under way or done; all who ask for the same thing meanwhile share it."""

    task: asyncio.Task[Any]
    started: float


class Evidence:
    """Raises what the store raises, and StoreError if it takes too long."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(2, "store")
        self._readings: dict[tuple[object, ...], _Reading] = {}

    @property
    def url(self) -> str:
        """Of the store."""
        return f"sqlite:///{self._store.path}"

    async def summaries(self, since: float | None = None) -> list[RouteSummary]:
        hour = _hour(since)
        return await self._read(("summaries", hour), lambda: self._store.summaries(since=hour))

    async def pairs(self, given: str) -> list[StoredPair]:
        return await self._read(("pairs", given), lambda: self._store.pairs(given, limit=2))

    async def signatures(self, since: float | None = None) -> list[SignatureSummary]:
        """Those of all routes' present epochs, most frequent first, with what was decided about them."""
        hour = _hour(since)
        return await self._read(("signatures", hour), lambda: self._store.signatures(since=hour))

    async def sightings(self, signature: SignatureSummary) -> list[Sighting]:
        return await self._read(("sightings", signature.id), lambda: self._store.sightings(signature))

    async def triage_history(self, signature: str) -> list[Triage]:
        return await self._in_a_thread(lambda: self._store.triage_history(signature))

    async def traffic(self, from_hour: int, route: str | None = None, *, width: int = 1) -> dict[str, list[Hour]]:
        """``width`` hours are added up."""
        asked = ("traffic", from_hour, route, width)
        return await self._read(asked, lambda: self._store.traffic(from_hour, route, width=width))

    async def latency(self, from_hour: int, route: str, *, width: int = 1) -> list[HourLatency]:
        """``width`` hours are added up."""
        asked = ("latency", from_hour, route, width)
        return await self._read(asked, lambda: self._store.latency(from_hour, route, width=width))

    async def past_epochs(self, route: str) -> list[EpochSeen]:
        return await self._read(("epochs", route), lambda: self._store.past_epochs(route))

    async def sizes(self) -> dict[str, int]:
        """Bytes of each of the store's files that is there, by name."""
        return await self._in_a_thread(self._store.sizes)

    async def kept(self, most: int) -> list[StoredPair]:
        """The newest pairs whose contents are kept."""
        return await self._read(("kept", most), lambda: self._store.kept(Wanted(limit=most)))

    async def plans(self) -> dict[str, Plan]:
        return await self._read(("plans",), self._store.plans)

    async def affected(self, selection: Selection, key_mark: str) -> Affected:
        """What a purge would remove."""
        return await self._read(("affected", selection, key_mark), lambda: self._store.affected(selection, key_mark))

    async def routes(self) -> list[str]:
        """The names of all routes of which anything is recorded, also of those that the table no longer has."""
        return await self._read(("routes",), self._store.routes)

    async def ids(self, beginning: str) -> list[str]:
        """Of kept pairs, eleven at most."""
        return await self._read(("ids", beginning), lambda: self._store.pairs_beginning_with(beginning))

    async def decide(self, said: Triage) -> None:
        """Raises sqlite3.Error or OSError too."""
        await self._in_a_thread(lambda: self._store.decide(said))
        # Whoever decided sees it at once.
        self._readings = {what: one for what, one in self._readings.items() if what[0] != "signatures"}

    async def trouble(self) -> str | None:
        """What is wrong with the store, quickly: health checks ask, whoever they are, every few seconds. One that is not there yet is in order."""
        try:
            await self._read(("glance",), self._store.glance, GLANCE_SECONDS)
        except NoStore:
            return None
        except StoreError as error:
            return str(error)
        return None

    async def _read(self, what: tuple[object, ...], read: Callable[[], T], patience: float = PATIENCE_SECONDS) -> T:
        loop = asyncio.get_running_loop()
        known = self._readings.get(what)
        if known is None or (known.task.done() and loop.time() - known.started > FRESH_SECONDS):
            if len(self._readings) >= MOST_KEPT:
                self._readings = {key: one for key, one in self._readings.items() if not one.task.done()}
            if len(self._readings) >= MOST_KEPT:
                raise StoreError("too many questions are waiting for the store: try again in a moment")
            task = asyncio.ensure_future(self._in_a_thread(read))
            known = self._readings[what] = _Reading(task, loop.time())
        try:
            # Shielded: whoever gives up must not take the answer away from the others.
            return cast("T", await asyncio.wait_for(asyncio.shield(known.task), patience))
        except TimeoutError as error:
            raise StoreError(f"the store did not answer within {patience:g} s: try again in a moment") from error

    async def _in_a_thread(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, read)

    def close(self) -> None:
        """Does not wait for a reading that hangs."""
        for reading in self._readings.values():
            reading.task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _hour(since: float | None) -> float | None:
    """The store counts by the hour: so those who ask in the same one ask the same."""
    return None if since is None else since // 3600 * 3600
