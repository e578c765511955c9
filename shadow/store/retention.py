"""What is removed when: contents of pairs soon, what was found in them later, sums last."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from shadow.store.batch import HOUR
from shadow.store.connect import PAGE, transaction

DAY: Final = 24 * HOUR
_VACUUMED_PAGES: Final = 4096


@dataclass(frozen=True, slots=True)
class Retention:
    """Days, and a size: over ``max_content_bytes`` in the file the oldest contents go first."""

    content_days: float = 7.0
    evidence_days: float = 90.0
    max_content_bytes: int = 1024 * 1024 * 1024


def remove_old(connection: sqlite3.Connection, now: float, retention: Retention) -> None:
    """Delete what is too old or too much, overwrite it (secure_delete), and give the room back to the disk."""
    with transaction(connection):
        connection.execute("DELETE FROM content WHERE at < ?", (now - retention.content_days * DAY,))
        evidence_from = now - retention.evidence_days * DAY
        connection.execute("DELETE FROM pair WHERE at < ?", (evidence_from,))
        for table in ("count", "latency", "signature_count"):
            connection.execute(f"DELETE FROM {table} WHERE hour < ?", (int(evidence_from // HOUR),))  # noqa: S608 - our own names
        connection.execute("DELETE FROM signature WHERE last_seen < ?", (evidence_from,))
        connection.execute(
            "DELETE FROM epoch WHERE opened_at < ? AND NOT EXISTS (SELECT 1 FROM count WHERE count.epoch = epoch.id)",
            (evidence_from,),
        )
        connection.execute("DELETE FROM told WHERE at < ?", (now - retention.content_days * DAY,))
        if _used_bytes(connection) > retention.max_content_bytes:
            connection.execute(
                "DELETE FROM content WHERE seq IN (SELECT seq FROM content ORDER BY at LIMIT (SELECT count(*) / 5 + 1 FROM content))"
            )
    connection.execute(f"PRAGMA incremental_vacuum({_VACUUMED_PAGES})").fetchall()
    # Deleted pages still stand in the log until it is started anew.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
    return (pages - free) * PAGE
