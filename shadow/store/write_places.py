"""Places and rules' hits into their tables: so many of an epoch, and no more."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from shadow.noise.seen import PlaceSeen, RuleHit

MAX_PLACES: Final = 2000
"""Of one epoch. What differs in more places differs everywhere."""


class Places:
    """Writes a batch's; ``known`` remembers which places each epoch has."""

    def __init__(self, connection: sqlite3.Connection, known: dict[int, set[tuple[str, str]]]) -> None:
        self._connection = connection
        self._known = known

    def add(self, epoch: int, seen: PlaceSeen) -> None:
        known = self._known.get(epoch)
        if known is None:
            rows = self._connection.execute("SELECT place, kind FROM place WHERE epoch = ?", (epoch,))
            known = self._known[epoch] = set(rows.fetchall())
        key = seen.place, seen.kind
        if key in known and self._updated(epoch, seen):
            return
        if key in known or len(known) < MAX_PLACES:
            known.add(key)
            self._connection.execute(
                "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (epoch, *key, *_numbers(seen), json.dumps({seen.sort: 1}), seen.distance),
            )

    def hit(self, epoch: int, at: float, hit: RuleHit) -> None:
        self._connection.execute(
            "INSERT INTO rule_hit (epoch, rule, kind, pairs, n, earlier, first_seen, last_seen)"
            " VALUES (?1, ?2, ?3, 1, ?4, coalesce((SELECT max(pairs) FROM rule_hit WHERE epoch = ?1 AND rule = ?2), 0), ?5, ?5)"
            " ON CONFLICT (epoch, rule, kind) DO UPDATE SET pairs = pairs + 1, n = n + excluded.n,"
            " first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)",
            (epoch, hit.rule, hit.kind, hit.count, at),
        )

    def _updated(self, epoch: int, seen: PlaceSeen) -> bool:
        """Whether it is there: somebody may have purged its route."""
        where = (epoch, seen.place, seen.kind)
        row = self._connection.execute(
            "SELECT sorts FROM place WHERE epoch = ? AND place = ? AND kind = ?", where
        ).fetchone()
        if row is None:
            return False
        sorts: dict[str, int] = json.loads(row[0])
        sorts[seen.sort] = sorts.get(seen.sort, 0) + 1
        self._connection.execute(
            "UPDATE place SET differed = differed + ?, drifted = drifted + ?, only_candidate = only_candidate + ?,"
            " only_control = only_control + ?, both = both + ?, sorts = ?, distance = max(distance, ?)"
            " WHERE epoch = ? AND place = ? AND kind = ?",
            (*_numbers(seen), json.dumps(sorts), seen.distance, *where),
        )
        return True


def _numbers(seen: PlaceSeen) -> tuple[int, int, int, int, int]:
    only_candidate = seen.sampled and seen.differed and not seen.drifted
    only_control = seen.sampled and seen.drifted and not seen.differed
    both = seen.sampled and seen.differed and seen.drifted
    return int(seen.differed), int(seen.drifted), int(only_candidate), int(only_control), int(both)
