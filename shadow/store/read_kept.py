"""The pairs that were kept with their contents, for those who judge or send them again."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from shadow.model import Outcome
from shadow.store.read import SELECT_PAIR, pair_of
from shadow.store.records import StoredPair


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ones: None for all. ``since`` is Unix time; ``rules`` names the rule set they were judged under."""

    route: str | None = None
    since: float | None = None
    outcome: Outcome | None = None
    rules: str | None = None
    limit: int = 10_000


def read_kept(connection: sqlite3.Connection, wanted: Wanted) -> list[StoredPair]:
    """Newest first."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    rows = cursor.execute(
        f"{SELECT_PAIR} WHERE content.body IS NOT NULL AND (?1 IS NULL OR epoch.route = ?1) AND (?2 IS NULL OR pair.at >= ?2)"
        " AND (?3 IS NULL OR outcome = ?3) AND (?4 IS NULL OR epoch.rules = ?4) ORDER BY pair.at DESC LIMIT ?5",
        (wanted.route, wanted.since, wanted.outcome, wanted.rules, wanted.limit),
    )
    return [pair_of(row) for row in rows]
