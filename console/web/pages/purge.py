"""Removes what is recorded of a person, a route or old times; what would go is shown before, and nothing else goes."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from console.jobs.asked import Purge
from console.jobs.job import Kind
from console.purged import purged_document
from console.purged_text import would_text
from console.purging import about_of, hashed
from console.web.answers import as_page
from console.web.fields import fields_of, text_of, unknown
from console.web.job_forms import MOST, begun, since_of
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.model.log import rfc3339
from shadow.store.selection import Selection

Document = dict[str, Any]

MOST_IDENTITIES: Final = 4000
"""Characters of all of them, one to a line."""


async def plan(visit: Visit) -> web.Response:
    """What would be removed. Identities come in here, and go no further: only their hashes do."""
    fields = await fields_of(visit.request)
    unknown(fields, ("identities", "route", "before", "pair", "csrf"))
    given = text_of(fields, "identities", most=MOST_IDENTITIES).split()
    identities, key_mark = await _hashed(visit, given) if given else ((), "")
    route, pair = (text_of(fields, name, most=MOST) or None for name in ("route", "pair"))
    before = since_of(fields, "before")
    if not identities and route is None and before is None and pair is None:
        raise Refused(400, "say what to remove: whose it is, the route, the time, or a pair")
    if route is not None and route not in await visit.evidence.routes():
        raise Refused(404, f"nothing is recorded of a route {route!r}")
    selection = Selection(identities, route, before, None if pair is None else await _whole_id(visit, pair))
    affected = await visit.evidence.affected(selection, key_mark)
    document = {
        **purged_document(selection, affected, None),
        "about_what": about_of(selection),
        "lines": list(would_text(selection, affected)),
        "anything": affected.anything,
        "kept": {
            "hashed": " ".join(identities),
            "key_mark": key_mark,
            "route": route or "",
            "before": "" if before is None else rfc3339(before),
            "pair": selection.pair or "",
        },
        "notices": [],
    }
    return as_page(visit, "purge.html", document)


async def begin(visit: Visit) -> web.Response:
    """Removes what ``plan`` has shown: its form sends what was chosen, as it was understood."""
    fields = await fields_of(visit.request)
    unknown(fields, ("hashed", "key_mark", "route", "before", "pair", "csrf"))
    asked = Purge(
        identities=tuple(text_of(fields, "hashed", most=MOST_IDENTITIES).split()),
        key_mark=text_of(fields, "key_mark", most=MOST),
        route=text_of(fields, "route", most=MOST) or None,
        before=since_of(fields, "before"),
        pair=text_of(fields, "pair", most=MOST) or None,
        by=visit.caller.name,
    )
    try:
        about = about_of(asked.selection)
    except ValueError as error:
        raise Refused(400, "say what to remove: hashed identities, the route, the time, or a pair") from error
    visit.record.names(route=asked.route or "", pair=asked.pair or "", identities=str(len(asked.identities)))
    return await begun(visit, Kind.PURGE, about, asked)


async def _hashed(visit: Visit, identities: list[str]) -> tuple[tuple[str, ...], str]:
    """Raises Refused."""
    try:
        return hashed(identities, await asyncio.to_thread(visit.instance.key.read_bytes))
    except OSError as error:
        raise Refused(503, f"the installation's key cannot be read: {error.strerror}") from error


async def _whole_id(visit: Visit, given: str) -> str:
    """``given``, or the id of the one pair that begins with it: a beginning must not remove more than somebody looked at. Raises Refused."""
    found = await visit.evidence.ids(given)
    if len(found) > 1:
        raise Refused(409, f"more than one pair begins with {given!r}: give the whole id")
    return found[0] if found else given
