"""Removes pairs, and all that was derived from their contents, so that no byte of them stays in the store's files.

Beside a running writer: rows go in small transactions, between which the writer gets its turn. ``secure_delete`` overwrites rows, but
SQLite moves rows between pages and leaves copies behind in what is free of a page. So the file is written anew at the end
(VACUUM), and the log, which has the old pages, is emptied.
"""

from __future__ import annotations

import enum
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from shadow.model import Mark
from shadow.store.affected import OF_ROUTE, ORPHAN, Affected, route_epochs
from shadow.store.connect import transaction
from shadow.store.mark import add_mark
from shadow.store.selection import Selection

BATCH_ROWS: Final = 500
"""Pairs of one transaction; of sums, which are small, ten times as many."""

BATCH_SECONDS: Final = 0.1
"""A transaction that has taken so long is ended with what it has removed."""

TURN_SECONDS: Final = 0.05
"""Between transactions, for the writer."""

LOCKED_SECONDS: Final = 10.0
"""How long somebody else may hold the lock before we give up."""

LOG_SECONDS: Final = 30.0
"""How long readers may hold the log back before we give up."""


class Step(enum.StrEnum):
    REMOVING = "removing"
    REWRITING = "rewriting the file"
    EMPTYING = "emptying the log"


@dataclass(frozen=True, slots=True)
class Hands:
    """``clock`` is of any beginning, ``pause`` sleeps; ``told`` learns how many more rows are gone at a step."""

    clock: Callable[[], float]
    pause: Callable[[float], None]
    told: Callable[[Step, int], None] = lambda _step, _rows: None


@dataclass(frozen=True, slots=True)
class Purged:
    """``rewritten``: no copies are left in the file, else ``why_not``; ``log_emptied``: nor in the log. Both, or some bytes may still be
    there."""

    rewritten: bool
    log_emptied: bool
    why_not: str = ""

    @property
    def complete(self) -> bool:
        return self.rewritten and self.log_emptied


def purge(connection: sqlite3.Connection, selection: Selection, affected: Affected, mark: Mark, hands: Hands) -> Purged:
    """``mark`` is set where counts go too, so that what comes next does not count with what is gone. Raises sqlite3.Error; what was removed until then
    stays removed, and another purge goes on from there."""
    route = selection.whole_route
    if route is not None and affected.anything:
        _forget_route(connection, route, mark, hands)
    remaining: Sequence[str] = affected.pairs
    while remaining:
        gone = _remove_pairs(connection, remaining[:BATCH_ROWS], hands)
        remaining = remaining[gone:]
        hands.told(Step.REMOVING, gone)
        hands.pause(TURN_SECONDS)
    with transaction(connection):
        connection.execute(f"UPDATE signature SET {_NO_EXAMPLE} WHERE {ORPHAN}")  # noqa: S608 - our own words
    return _leave_nothing(connection, hands)


_NO_EXAMPLE: Final = "example_pair = '', control_example = NULL, candidate_example = NULL"


def _remove_pairs(connection: sqlite3.Connection, ids: Sequence[str], hands: Hands) -> int:
    """As many of them as there is time for, with their contents; at least one."""
    started, gone = hands.clock(), 0
    with transaction(connection):
        for id_ in ids:
            connection.execute("DELETE FROM pair WHERE id = ?", (id_,))
            gone += 1
            if hands.clock() - started > BATCH_SECONDS:
                break
        connection.execute(
            f"UPDATE signature SET {_NO_EXAMPLE} WHERE example_pair IN (SELECT value FROM json_each(?))",  # noqa: S608 - our own words
            (json.dumps(ids[:gone]),),
        )
    return gone


def _forget_route(connection: sqlite3.Connection, route: str, mark: Mark, hands: Hands) -> None:
    """Its sums. Its epochs stay, empty: a running writer knows them by their ids, which must not become another's."""
    epochs = json.dumps(route_epochs(connection, route))
    with transaction(connection):
        add_mark(connection, route, mark)
        connection.execute(
            "UPDATE epoch SET first_pair = NULL, last_pair = NULL WHERE id IN (SELECT value FROM json_each(?))",
            (epochs,),
        )
    for table, key in OF_ROUTE.items():
        while True:
            with transaction(connection):
                gone = connection.execute(
                    f"DELETE FROM {table} WHERE ({key}) IN"  # noqa: S608 - our own names
                    f" (SELECT {key} FROM {table} WHERE epoch IN (SELECT value FROM json_each(?)) LIMIT ?)",
                    (epochs, 10 * BATCH_ROWS),
                ).rowcount
            if not gone:
                break
            hands.told(Step.REMOVING, gone)
            hands.pause(TURN_SECONDS)


def _leave_nothing(connection: sqlite3.Connection, hands: Hands) -> Purged:
    hands.told(Step.REWRITING, 0)
    why_not = ""
    try:
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:  # the disk is full, or somebody writes on and on
        why_not = str(error)
    hands.told(Step.EMPTYING, 0)
    return Purged(not why_not, _empty_log(connection, hands), why_not)


def _empty_log(connection: sqlite3.Connection, hands: Hands) -> bool:
    """Whoever reads, reads from the log: it can be emptied only between readers."""
    connection.execute("PRAGMA busy_timeout = 1000")
    until = hands.clock() + LOG_SECONDS
    while True:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
        if hands.clock() >= until:
            return False
        hands.pause(TURN_SECONDS)
