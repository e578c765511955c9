"""Who changed what, and who looked at recorded bodies, as ``?since= &who= &about= &before=`` ask."""

from __future__ import annotations

from aiohttp import web

from console.web.acts import acts_document, found_of
from console.web.answers import as_json
from console.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    return as_json(acts_document(await found_of(visit), visit.request.query))
