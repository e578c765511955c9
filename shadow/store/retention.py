"""What is removed when: contents of pairs soon, what was found in them later, sums last; and what is there."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from proxy.model.keep import Keep
from shadow.store.batch import HOUR
from shadow.store.connect import PAGE, transaction

TOLD_SECONDS: Final = 7 * 24.0 * HOUR
"""A process that has told nothing for so long is gone. One that lives must not be forgotten: all that it ever told would be counted again."""

_VACUUMED_PAGES: Final = 4096
_FIFTHS: Final = 5


@dataclass(frozen=True, slots=True)
class Removed:
    """Contents that were too old, pairs that were, and contents that went before their time, since the store was too large."""

    contents: int = 0
    evidence: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """``used`` bytes; ``oldest`` is when the oldest contents were recorded (Unix time), None if there are none."""

    used: int
    oldest: float | None


def remove_old(connection: sqlite3.Connection, now: float, keep: Keep) -> Removed:
    """Delete what is too old or too much, overwrite it (secure_delete), and give the room back to the disk."""
    with transaction(connection):
        contents = connection.execute("DELETE FROM content WHERE at < ?", (now - keep.contents,)).rowcount
        evidence_from = now - keep.evidence
        evidence = connection.execute("DELETE FROM pair WHERE at < ?", (evidence_from,)).rowcount
        for table in ("count", "latency", "signature_count"):
            connection.execute(f"DELETE FROM {table} WHERE hour < ?", (int(evidence_from // HOUR),))  # noqa: S608 - our own names
        connection.execute("DELETE FROM signature WHERE last_seen < ?", (evidence_from,))
        connection.execute(
            "DELETE FROM epoch WHERE opened_at < ? AND NOT EXISTS (SELECT 1 FROM count WHERE count.epoch = epoch.id)",
            (evidence_from,),
        )
        connection.execute("DELETE FROM told WHERE at < ?", (now - TOLD_SECONDS,))
    size = 0
    for _ in range(_FIFTHS):
        if _used_bytes(connection) <= keep.size:
            break
        with transaction(connection):
            size += connection.execute(
                "DELETE FROM content WHERE seq IN (SELECT seq FROM content ORDER BY at LIMIT (SELECT count(*) / 5 + 1 FROM content))"
            ).rowcount
    connection.execute(f"PRAGMA incremental_vacuum({_VACUUMED_PAGES})").fetchall()
    # Deleted pages still stand in the log until it is started anew.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return Removed(contents, evidence, size)


def holding(connection: sqlite3.Connection) -> Holding:
    (oldest,) = connection.execute("SELECT min(at) FROM content").fetchone()
    return Holding(_used_bytes(connection), oldest)


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
    return (pages - free) * PAGE
