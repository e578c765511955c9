"""Sets marks. By itself: a running instance goes by them from its next batch on, and one is not needed."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Sequence
from typing import Final

from shadow.model import Mark
from shadow.store.connect import transaction
from shadow.store.errors import StoreError

MAX_MARKS: Final = 100
"""Of one route; older ones are forgotten: no evidence is counted from them any more."""


def set_mark(connection: sqlite3.Connection, routes: Sequence[str], mark: Mark) -> list[str]:
    """Of ``routes``, or of all that the table has; their names. Raises StoreError for a route that it has not."""
    with transaction(connection):
        known = [route for (route,) in connection.execute("SELECT route FROM plan WHERE listed = 1 ORDER BY route")]
        for route in routes:
            if route not in known:
                raise StoreError(_unknown(route, known))
        chosen = list(dict.fromkeys(routes)) or known
        for route in chosen:
            add_mark(connection, route, mark)
    return chosen


def add_mark(connection: sqlite3.Connection, route: str, mark: Mark) -> None:
    """Within a transaction of the caller."""
    connection.execute(
        "INSERT INTO mark (route, at, who, reason) VALUES (?, ?, ?, ?)", (route, mark.at, mark.who, mark.reason)
    )
    connection.execute(
        "DELETE FROM mark WHERE route = ?1 AND id NOT IN"
        " (SELECT id FROM mark WHERE route = ?1 ORDER BY at DESC, id DESC LIMIT ?2)",
        (route, MAX_MARKS),
    )


def read_marks(connection: sqlite3.Connection, routes: Sequence[str]) -> list[tuple[str, Mark]]:
    """Those of ``routes``, or of all; newest first."""
    rows = connection.execute("SELECT route, at, who, reason FROM mark ORDER BY at DESC, route, id DESC")
    return [(route, Mark(*said)) for route, *said in rows if not routes or route in routes]


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known[:20]) or 'none'}"
    return f"there is no route {name!r}; {meant}"
