"""The taps of one proxy worker, one to each shadow worker. Each is bounded by its share, and loses what its own shadow worker loses."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from proxy.spread import Spread
from proxy.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.model.decision import Skip
    from proxy.model.exchange import Exchange
    from proxy.model.settings import Settings
    from proxy.model.table import Table
    from proxy.tally import Meters

HAND_OVER_SECONDS = 2.0
LAST_COUNTS_SECONDS = 2.5
"""How long the end may take: for copies, which may be lost, and for the counts, which should not. A shadow worker on a full machine reads slowly."""


class Taps:
    """``plans`` gives the encoded plans of the table in force; ``table`` is that table at first."""

    def __init__(
        self, settings: Settings, source: str, secret: bytes, meters: Meters, plans: Callable[[], bytes], table: Table
    ) -> None:
        paths = settings.tap_paths
        limit = settings.share(settings.tap_bytes)
        self._spread = Spread(len(paths), secret)
        self._spread.use(table)
        self._taps = [
            # A number that two workers record, each in its own time, would be taken for two lives of one process.
            Tap(path, source, limit, meters, plans, counts=worker == 0, dropped=partial(meters.dropped, worker))
            for worker, path in enumerate(paths)
        ]

    def offer(self, exchange: Exchange) -> Skip | None:
        """Hand the exchange to its shadow worker, or say why not. If that one is down, no other knows what it knew."""
        return self._taps[self._spread.worker_of(exchange)].offer(exchange)

    @property
    def waiting_bytes(self) -> int:
        return sum(tap.waiting_bytes for tap in self._taps)

    @property
    def unfinished(self) -> int:
        """Exchanges sent that no shadow worker has dealt with yet."""
        return sum(tap.unfinished for tap in self._taps)

    def use(self, table: Table) -> None:
        self._spread.use(table)
        for tap in self._taps:
            tap.table_changed()

    async def run(self) -> None:
        """Keep the links up and the counts flowing, until cancelled."""
        await asyncio.gather(*(tap.run() for tap in self._taps))

    async def up(self) -> None:
        """Wait until every shadow worker has been reached once."""
        await asyncio.gather(*(tap.was_up.wait() for tap in self._taps))

    async def close(self) -> None:
        """What is lost at the end is in the counts that are sent last, whichever tap lost it."""
        await asyncio.gather(*(tap.hand_over(HAND_OVER_SECONDS) for tap in self._taps))
        await asyncio.gather(*(tap.close(LAST_COUNTS_SECONDS) for tap in self._taps))
