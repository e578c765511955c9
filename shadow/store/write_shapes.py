"""Shapes of requests into their table: so many of an epoch, and the rest together."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Final

from shadow.model import Shape

MAX_SHAPES: Final = 1000
"""Of one epoch. Whoever makes up more of them has said enough."""

MORE: Final = Shape("(more shapes)", "", "", signed_in=False)


class Shapes:
    """Counts a batch's shapes; ``known`` remembers which of them each epoch has."""

    def __init__(self, connection: sqlite3.Connection, known: dict[int, set[Shape]]) -> None:
        self._connection = connection
        self._known = known
        self._counts: Counter[tuple[int, Shape]] = Counter()

    def add(self, epoch: int, shape: Shape) -> None:
        known = self._known.get(epoch)
        if known is None:
            rows = self._connection.execute(
                "SELECT method, parameters, status, signed_in FROM shape WHERE epoch = ?", (epoch,)
            )
            known = self._known[epoch] = {
                Shape(method, parameters, status, bool(signed_in)) for method, parameters, status, signed_in in rows
            }
        if shape not in known and len(known) >= MAX_SHAPES:
            shape = MORE
        else:
            known.add(shape)
        self._counts[epoch, shape] += 1

    def write(self) -> None:
        self._connection.executemany(
            "INSERT INTO shape (epoch, method, parameters, status, signed_in, n) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (epoch, method, parameters, status, signed_in) DO UPDATE SET n = n + excluded.n",
            [
                (epoch, shape.method, shape.parameters, shape.status, shape.signed_in, n)
                for (epoch, shape), n in self._counts.items()
            ],
        )
