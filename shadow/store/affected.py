"""What a purge would remove, counted before anything is touched."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from shadow.store.selection import ROUTE_EPOCHS, Selection

OF_ROUTE: Final = {
    "signature_count": "epoch, id, hour",
    "signature": "epoch, id",
    "place": "epoch, place, kind",
    "rule_hit": "epoch, rule, kind",
    "shape": "epoch, method, parameters, status, signed_in",
    "count": "epoch, hour, name",
    "latency": "epoch, hour, side, bucket",
}
"""Tables that are emptied of a whole route, beside its pairs, and the key of each. What refers to others comes first."""

ORPHAN: Final = "example_pair <> '' AND example_pair NOT IN (SELECT id FROM pair)"
"""A signature's example of a pair that is gone: nobody can tell any more whose it was."""


@dataclass(frozen=True, slots=True)
class Unsearchable:
    """Pairs among which somebody's may be, and cannot be told: recorded before identities were (``earlier``, the last of them at
    ``earlier_until``, Unix time), under ``other_keys``, or of requests that said nobody's (``nobodys``)."""

    earlier: int = 0
    other_keys: int = 0
    nobodys: int = 0
    earlier_until: float | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """``pairs`` are ids, ``size`` the bytes of what is kept of them. ``examples``: signatures that lose theirs. ``sums``: rows of a whole
    route beside its pairs."""

    pairs: tuple[str, ...]
    contents: int
    size: int
    examples: int
    sums: int
    unsearchable: Unsearchable

    @property
    def anything(self) -> bool:
        return bool(self.pairs or self.examples or self.sums)


def read_affected(connection: sqlite3.Connection, selection: Selection, key_mark: str) -> Affected:
    """``key_mark`` is that of the key that the selection's identities are hashed with."""
    where, values = selection.condition
    rows = connection.execute(
        "SELECT pair.id, content.seq IS NOT NULL,"  # noqa: S608 - our own conditions
        " coalesce(length(CAST(content.body AS BLOB)), 0) + length(CAST(found AS BLOB)) + length(CAST(target AS BLOB))"
        f" FROM pair LEFT JOIN content ON content.pair = pair.id WHERE {where} ORDER BY pair.at",
        values,
    ).fetchall()
    return Affected(
        pairs=tuple(id_ for id_, _, _ in rows),
        contents=sum(kept for _, kept, _ in rows),
        size=sum(size for _, _, size in rows),
        examples=_examples(connection, selection),
        sums=_sums(connection, selection.whole_route),
        unsearchable=_unsearchable(connection, selection, key_mark),
    )


def route_epochs(connection: sqlite3.Connection, route: str) -> list[int]:
    return [epoch for (epoch,) in connection.execute(ROUTE_EPOCHS, (route,))]


def recorded_routes(connection: sqlite3.Connection) -> list[str]:
    """All of which anything is recorded, also those that the table no longer has."""
    rows = connection.execute("SELECT route FROM epoch UNION SELECT route FROM plan ORDER BY route")
    return [route for (route,) in rows]


def pairs_beginning_with(connection: sqlite3.Connection, given: str) -> list[str]:
    """The ids of kept pairs, eleven at most: it is a mistake if there are two."""
    rows = connection.execute("SELECT id FROM pair WHERE substr(id, 1, ?1) = ?2 LIMIT 11", (len(given), given))
    return [id_ for (id_,) in rows]


def _examples(connection: sqlite3.Connection, selection: Selection) -> int:
    where, values = selection.condition
    (count,) = connection.execute(
        f"SELECT count(*) FROM signature WHERE example_pair IN (SELECT id FROM pair WHERE {where}) OR ({ORPHAN})",  # noqa: S608 - as above
        values,
    ).fetchone()
    return int(count)


def _sums(connection: sqlite3.Connection, route: str | None) -> int:
    if route is None:
        return 0
    counts = (
        connection.execute(f"SELECT count(*) FROM {table} WHERE epoch IN ({ROUTE_EPOCHS})", (route,)).fetchone()[0]  # noqa: S608 - our own names
        for table in OF_ROUTE
    )
    return sum(counts)


def _unsearchable(connection: sqlite3.Connection, selection: Selection, key_mark: str) -> Unsearchable:
    if not selection.identities:
        return Unsearchable()
    where, values = selection.but_identities
    earlier, others, nobodys, until = connection.execute(
        "SELECT coalesce(sum(identity IS NULL), 0), coalesce(sum(identity <> '' AND substr(identity, 1, ?) <> ?), 0),"  # noqa: S608 - as above
        f" coalesce(sum(identity = ''), 0), max(iif(identity IS NULL, pair.at, NULL)) FROM pair WHERE {where}",
        (len(key_mark), key_mark, *values),
    ).fetchone()
    return Unsearchable(earlier, others, nobodys, until)
