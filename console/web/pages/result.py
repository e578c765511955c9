"""What came of a change: whether all proxy workers have it."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from aiohttp import web

from console.web import tables
from console.web.answers import as_page
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.model.versions import TableVersion

Document = dict[str, Any]

PATIENCE_SECONDS: Final = 4.0
"""A change is in force within a second; who waits longer is told so, and may ask again."""

_LOOK_SECONDS: Final = 0.05

_HASH_LENGTH: Final = 64


async def show(visit: Visit) -> web.Response:
    """Waits a little, so that a page without scripts tells the end of it too."""
    hash_ = visit.request.query.get("hash", "")
    if len(hash_) != _HASH_LENGTH:
        raise Refused(
            404, "this address tells of one change, by the hash of its text; /table/versions lists all of them"
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (document := progress(visit.instance.told, hash_))["state"] == "waiting" and time.monotonic() < deadline:  # noqa: ASYNC110 - a status tells nobody that it came
        await asyncio.sleep(_LOOK_SECONDS)
    versions = await tables.versions_of(visit)
    made = next((one for one in reversed(versions) if one.hash == hash_), None)
    if document["state"] != "in_force" and made is not None and made.number < visit.instance.told["table_version"]:
        document["state"] = "past"
    return as_page(visit, "result.html", {**document, "made": _version(made), "notices": []})


def progress(told: Document, hash_: str) -> Document:
    """``told`` is what the supervisor says. What is wrong with the file is not repeated here: the editor says it, without values."""
    is_it = told["table"]["hash"] == hash_
    workers = [one["table_version"] for one in told["processes"] if one["role"] == "proxy"]
    have = workers.count(told["table_version"]) if is_it else 0
    done = is_it and bool(workers) and have == len(workers)
    refused = not is_it and bool(told["table"]["error"])
    return {
        "state": "in_force" if done else "refused" if refused else "waiting",
        "have": have,
        "of": len(workers),
        "version": told["table_version"],
    }


def _version(made: TableVersion | None) -> Document | None:
    return None if made is None else made.to_json()
