"""The metrics of the whole instance."""

from __future__ import annotations

from aiohttp import web

from console.metrics import render_metrics
from console.status import not_ready
from console.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    told = visit.instance.told
    page, content_type = render_metrics(
        await visit.instance.counted(),
        {**told, "ready": not not_ready(told)},
        visit.request.headers.get("Accept", ""),
    )
    return web.Response(body=page, headers={"Content-Type": content_type})
