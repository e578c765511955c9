"""Read after write: a write is not copied, but what its user reads soon after is, whatever the sample. So what the write did is compared.

Routes that do not ask for it have a plain ``Chooser`` and pay nothing. Pure.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from hashlib import blake2b
from typing import Final

from proxy.choose import SAFE_TO_COPY, Chooser, Dice
from proxy.model.decision import Decision, Skip
from proxy.model.table import Route, Table
from proxy.writers import Writers

HARMLESS: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"QUERY", b"SEARCH", b"PROPFIND", b"REPORT"})
"""Methods that ask for no change (RFC 9110 section 9.2.1, and those registered as safe): all others are writes."""

_NANO: Final = 1_000_000_000


class WatchfulChooser(Chooser):
    """For the routes of one group (or one route) in which writes are watched. ``window``: for how long a write on this route counts,
    in seconds, None if it does not; ``longest`` that of all. ``writers``: None until somebody remembers."""

    __slots__ = ("_copied", "_seed", "_window", "longest", "window", "writers")

    def __init__(self, route: Route, table: Table, longest: float, key: bytes) -> None:
        super().__init__(route, table)
        self.uses_identity = True
        self.window = route.shadow.after_write if route.shadow else None
        self.longest = longest
        self.writers: Writers | None = None
        self._window = int((self.window or 0.0) * _NANO)
        self._copied = {arm.name: replace(arm.copied, after_write=True) for arm in self._arms if arm.copied is not None}
        # Keyed, so that nobody can choose whose place in the table is his too; by what is drawn together, so that all its routes agree.
        self._seed = blake2b(route.split.salt.encode(), key=key, digest_size=8)

    def choose(self, method: bytes, identity: bytes | None, dice: Dice) -> Decision:
        decision = super().choose(method, identity, dice)
        writers = self.writers
        if identity is None or writers is None:
            return decision
        if method in SAFE_TO_COPY:
            if decision.skip is Skip.NOT_SAMPLED and writers.wrote_lately(self._number(identity)):
                return self._copied[decision.primary.name]
        elif self._window and method not in HARMLESS:
            writers.note(self._number(identity), self._window)
        return decision

    def _number(self, identity: bytes) -> int:
        hashed = self._seed.copy()
        hashed.update(identity)
        return int.from_bytes(hashed.digest()) >> 1


def choosers_of(table: Table, secret: bytes) -> dict[str, Chooser]:
    """The choosers of a table's routes, by name."""
    longest: dict[str, float] = {}
    for route in table.routes:
        if route.shadow is not None and route.shadow.after_write is not None:
            longest[route.split.salt] = max(route.shadow.after_write, longest.get(route.split.salt, 0.0))
    # A key of its own: the installation's secret has other uses.
    key = hmac.digest(secret, b"strangler writers 1", "sha256")
    return {
        route.name: WatchfulChooser(route, table, longest[route.split.salt], key)
        if route.shadow is not None and route.split.salt in longest
        else Chooser(route, table)
        for route in table.routes
    }
