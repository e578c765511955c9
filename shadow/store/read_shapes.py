"""Which kinds of request the pairs of an epoch cover."""

from __future__ import annotations

import sqlite3
from typing import Final

from shadow.model import Coverage, Shape
from shadow.store.write_shapes import MORE

MAX_EXAMPLES: Final = 5


def read_coverage(connection: sqlite3.Connection, epoch: int) -> Coverage:
    """Of the whole epoch: shapes are not kept by the hour. What was counted together, as there were too many shapes, may all
    have been seen once."""
    shapes, once, pairs, more = connection.execute(
        "SELECT count(*), coalesce(sum(n = 1 AND method <> ?2), 0), coalesce(sum(n), 0),"
        " coalesce(sum(CASE WHEN method = ?2 THEN n END), 0) FROM shape WHERE epoch = ?1",
        (epoch, MORE.method),
    ).fetchone()
    examples = connection.execute(
        "SELECT method, parameters, status, signed_in FROM shape WHERE epoch = ? AND n = 1 LIMIT ?",
        (epoch, MAX_EXAMPLES),
    )
    return Coverage(
        shapes,
        once + more,
        pairs,
        tuple(Shape(method, parameters, status, bool(signed)) for method, parameters, status, signed in examples),
    )
