"""Weights and stage of a route over time: what the journal of table versions says of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from proxy.model.log import rfc3339
from proxy.model.table import LEGACY
from proxy.model.versions import TableVersion, read_versions
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable

Document = dict[str, Any]

MOST_VERSIONS: Final = 30
MOST_BYTES: Final = 128 * 1024
"""Of tables that are not known yet, for one page: reading them takes a tenth of a second. Whoever comes again sees more."""


class Place(NamedTuple):
    """Where a route was: its stage, and backend and weight of each arm, new sides first."""

    stage: str
    group: str | None
    weights: tuple[tuple[str, int], ...]


def moves_document(journal: Path, route: str) -> Document:
    """``moves``: the versions that moved ``route``, newest first; ``earlier``: there are older ones that were not looked at. Raises OSError."""
    versions, earlier = _newest(_journal(journal))
    moves: list[Document] = []
    before: Place | None = None
    for at, (version, places) in enumerate(versions):
        place = places.get(route)
        if at == 0 or place != before:
            moves.append(_move(version, place))
        before = place
    if moves and moves[0]["stage"] is None:
        del moves[0]  # not there yet is no move
    return {"moves": moves[::-1], "earlier": earlier}


def _newest(versions: Sequence[TableVersion]) -> tuple[list[tuple[TableVersion, dict[str, Place]]], bool]:
    """Those that can be read, oldest first, with the places of all their routes; and whether there are older ones."""
    found: list[tuple[TableVersion, dict[str, Place]]] = []
    left = MOST_BYTES
    for looked_at, version in enumerate(reversed(versions)):
        if looked_at == MOST_VERSIONS or left <= 0:
            return found[::-1], True
        if version.text is None:
            continue
        if version.hash not in _PLACES:
            left -= len(version.text)
            _remember(version.hash, _places(version.text))
        known = _PLACES[version.hash]
        if known is not None:
            found.append((version, known))
    return found[::-1], False


_PLACES: Final[dict[str, dict[str, Place] | None]] = {}


def _remember(hash_: str, places: dict[str, Place] | None) -> None:
    if len(_PLACES) >= 2 * MOST_VERSIONS:
        _PLACES.pop(next(iter(_PLACES)), None)
    _PLACES[hash_] = places


def _places(text: str) -> dict[str, Place] | None:
    """By route. None for a table that is no good any more, as its variables are gone."""
    try:
        table = load_table(text)
    except BadTable:
        return None
    return {
        route.name: Place(
            route.stage.value, route.group, tuple(sorted(route.split.weights, key=lambda arm: arm[0] == LEGACY))
        )
        for route in table.routes
    }


def _journal(path: Path) -> list[TableVersion]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return []
    return _read(path, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, _inode: int, _changed: int, _size: int) -> list[TableVersion]:
    """It may have 32 MB, and hardly ever changes."""
    return read_versions(path)


def _move(version: TableVersion, place: Place | None) -> Document:
    return {
        "version": version.number,
        "at": rfc3339(version.at),
        "by": version.by,
        "reason": version.reason,
        "stage": None if place is None else place.stage,
        "group": None if place is None else place.group,
        "weights": [] if place is None else arms(place.weights),
    }


def arms(weights: Sequence[tuple[str, int]]) -> list[Document]:
    """As bars need them: ``at`` and ``share`` in per cent."""
    whole = sum(weight for _, weight in weights) or 1
    found, at = [], 0.0
    for name, weight in weights:
        share = 100 * weight / whole
        found.append({"backend": name, "weight": weight, "legacy": name == LEGACY, "at": at, "share": share})
        at += share
    return found
