"""Where a signature was seen: the kept pairs that show it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from shadow.model import SignatureSummary
from shadow.store.codec import decode_found

MOST_LOOKED_AT: Final = 5_000
"""Kept pairs of a route, newest first: of each signature 20 a day are kept."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One pair that shows the signature, with its first difference there. ``at`` is Unix time; ``kept``: the answers are too."""

    pair: str
    at: float
    outcome: str
    method: str
    target: str
    control: str | None
    candidate: str | None
    kept: bool


def read_sightings(connection: sqlite3.Connection, signature: SignatureSummary, limit: int) -> list[Sighting]:
    """Newest first, of all epochs of the route."""
    rows = connection.execute(
        "SELECT pair.id, pair.at, outcome, method, target, found, content.seq IS NOT NULL FROM pair"
        " LEFT JOIN content ON content.pair = pair.id"
        " WHERE epoch IN (SELECT id FROM epoch WHERE route = ?1) AND pair.at >= ?2 ORDER BY pair.at DESC LIMIT ?3",
        (signature.route, signature.first_seen, MOST_LOOKED_AT),
    )
    found: list[Sighting] = []
    for pair, at, outcome, method, target, text, kept in rows:
        for difference in decode_found(text)["differences"]:
            if difference.place == signature.path and difference.kind == signature.kind:
                found.append(
                    Sighting(
                        pair, at, outcome, method, target, difference.control, difference.candidate, kept=bool(kept)
                    )
                )
                break
        if len(found) == limit:
            break
    return found
