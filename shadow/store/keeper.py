"""Keeps a store that can be written to: opens it when it must, and anew when it was deleted, replaced or damaged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from proxy.model.keep import Keep
from proxy.model.plan import Plan
from shadow.model import Mark
from shadow.store.batch import Batch
from shadow.store.damage import FileId, doubt, examine, file_id, is_damage, is_doubted, set_aside
from shadow.store.retention import Holding, Removed
from shadow.store.sqlite import SqliteStore
from shadow.store.write import StoreWriter

log = logging.getLogger(__name__)

EXAMINING_SECONDS: Final = 60.0
"""Between two looks at a whole file that readers call damaged: it may be large, and they may be wrong."""

T = TypeVar("T")

Plans = tuple[dict[str, Plan], float]
"""Plans by route, and when they were told."""


class StoreKeeper:
    """For one thread. ``tell`` is called with the new name of a damaged store that was set aside."""

    def __init__(self, store: SqliteStore, clock: Callable[[], float], tell: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._tell = tell
        self._writer: StoreWriter | None = None
        self._examined_at = 0.0
        self._said: str | None = None

    def write(self, batch: Batch, plans: Plans | None) -> None:
        """All of it or nothing. ``plans`` are the newest, for a file that nobody has told them. Raises whatever is wrong."""
        if self._damage(batch, plans) is None:
            return
        # A new connection must see it too: the old one may be confused by what somebody did to the file.
        file = file_id(self._store.path)
        damage = self._damage(batch, plans)
        if damage is not None:
            self._set_aside(damage, file)
            self._write(batch, plans)

    def remove_old(self, now: float, keep: Keep) -> Removed:
        """Raises whatever is wrong."""
        return self._tended(lambda writer: writer.remove_old(now, keep), Removed())

    def holding(self) -> Holding:
        """Raises whatever is wrong."""
        return self._tended(lambda writer: writer.holding(), Holding(0, None))

    def _tended(self, tend: Callable[[StoreWriter], T], otherwise: T) -> T:
        if self._writer is None:
            return otherwise
        try:
            return tend(self._writer)
        except Exception as error:
            if is_damage(error):
                doubt(self._store.path)
            self.close()
            raise

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except Exception as error:  # noqa: BLE001 - it is of no use any more either way
                log.debug("closing the store failed", extra={"reason": str(error)})

    @property
    def is_open(self) -> bool:
        return self._writer is not None

    @property
    def should_examine(self) -> bool:
        """Whether a reader has found the file damaged, so that it wants to be written to even if there is nothing to write."""
        return self._clock() - self._examined_at > EXAMINING_SECONDS and is_doubted(self._store.path)

    def _damage(self, batch: Batch, plans: Plans | None) -> Exception | None:
        """Write; what SQLite says if the file is damaged."""
        try:
            self._write(batch, plans)
        except Exception as error:
            if is_damage(error):
                return error
            raise
        return None

    def _write(self, batch: Batch, plans: Plans | None) -> None:
        try:
            writer = self._open(batch, plans)
            if self._said is not None and batch.plans is not None:
                # From before the oldest pair on, so that all that the new file holds counts together.
                at = min((recorded.at for recorded in batch.pairs), default=self._clock())
                batch.mark = Mark(at, "strangler", self._said)
            writer.write(batch)
        except Exception:
            self.close()
            raise
        if batch.mark is not None:
            self._said = None

    def _open(self, batch: Batch, plans: Plans | None) -> StoreWriter:
        if self._writer is not None and self._writer.is_stale:
            self.close()
        if self._writer is None:
            self._writer = self._store.writer()
            if batch.plans is None and plans is not None:
                # It may be another file, which nobody has told a plan: without one, a route is not in the report.
                batch.plans, batch.plans_at = plans
        if self.should_examine:
            examine(self._store.path)
            self._examined_at = self._clock()
        return self._writer

    def _set_aside(self, damage: Exception, file: FileId | None) -> None:
        now = self._clock()
        aside = set_aside(self._store.path, file, now)
        if aside is None:
            return
        self._said = (
            f"the store was damaged at {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%SZ}, set aside as {aside.name};"
            " evidence from before is not counted"
        )
        log.error(self._said, extra={"store": str(self._store.path), "set_aside": str(aside), "reason": str(damage)})
        self._tell(aside.name)
