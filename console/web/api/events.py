"""Server-sent events: that something has changed. What it is, pages ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from console.web.refused import Refused
from console.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """``change`` whenever the instance's numbers have changed."""
    return await _stream(visit, visit.live.send_to)


async def of_jobs(visit: Visit) -> web.StreamResponse:
    """``progress`` whenever a job is further."""
    return await _stream(visit, lambda response: visit.live.send_news_to(response, visit.jobs.files.stamp))


async def _stream(visit: Visit, send: Callable[[web.StreamResponse], Awaitable[None]]) -> web.StreamResponse:
    if visit.live.full:
        raise Refused(503, f"{visit.live.listeners} pages listen already: reload the page to see what is new")
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    await response.prepare(visit.request)
    if visit.request.method == "GET":
        await send(response)
    return response
