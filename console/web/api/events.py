"""``/events``: an event ``change`` whenever the instance's numbers have changed. What changed, pages ask for."""

from __future__ import annotations

from aiohttp import web

from console.web.refused import Refused
from console.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    if visit.live.full:
        raise Refused(503, f"{visit.live.listeners} pages listen already: reload the page to see what is new")
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    await response.prepare(visit.request)
    if visit.request.method == "GET":
        await visit.live.send_to(response)
    return response
