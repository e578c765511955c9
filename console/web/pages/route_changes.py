"""What changed of one route, by version: beside the route's page, since old tables take a while to read."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from aiohttp import web

from console.table.changes import Change
from console.table.versions import before_of, changes_between
from console.web import tables
from console.web.answers import as_page
from console.web.visit import Visit
from proxy.model.versions import TableVersion

Document = dict[str, Any]

MOST_FOUND: Final = 20
MOST_SECONDS: Final = 2.0
"""How long old tables are read for one page; what was read is kept."""

MOST_KEPT: Final = 2_000

_KEPT: Final[dict[tuple[str, str], tuple[Change, ...] | None]] = {}
"""By the hashes of both texts. A version never changes."""


async def show(visit: Visit) -> web.Response:
    name = visit.request.match_info["name"]
    versions = await tables.versions_of(visit)
    found, seen_to = await asyncio.to_thread(touching, versions, name)
    document = {"route": name, "changes": found, "seen_to": seen_to, "notices": []}
    part = bool(visit.request.headers.get("HX-Request"))
    return as_page(visit, "route_changes_part.html" if part else "route_changes.html", document)


def touching(versions: list[TableVersion], name: str) -> tuple[list[Document], int | None]:
    """The newest changes of the route, and the newest version that was not looked at any more."""
    deadline = time.monotonic() + MOST_SECONDS
    found: list[Document] = []
    for version in reversed(versions):
        if time.monotonic() > deadline or len(found) == MOST_FOUND:
            return found, version.number
        changes = _changes(before_of(versions, version), version)
        told = [one.text for one in changes or () if one.name == name and one.kind != "backend"]
        if told:
            found.append({**version.to_json(), "told": told})
    return found, None


def _changes(before: TableVersion | None, after: TableVersion) -> tuple[Change, ...] | None:
    if before is None:
        return None
    key = (before.hash, after.hash)
    if key not in _KEPT:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        _KEPT[key] = changes_between(before, after)
    return _KEPT[key]
