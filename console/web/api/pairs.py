"""One kept pair with both answers."""

from __future__ import annotations

from aiohttp import web

from console.pair import pair_document
from console.web.answers import as_json
from console.web.refused import Refused
from console.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    given = visit.request.match_info["id"]
    found = await visit.evidence.pairs(given)
    if not found:
        raise Refused(404, f"no pair is kept whose id begins with {given!r}")
    visit.record.names(pair=found[0].id, route=found[0].route)
    return as_json(pair_document(found[0], f"http://{visit.instance.told['listen']}"))
