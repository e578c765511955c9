"""The running instance, and what its addresses are."""

from __future__ import annotations

from aiohttp import web

from console.web.answers import as_json
from console.web.openapi import openapi
from console.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    status = await visit.instance.status()
    trail = visit.trail
    reasons = [*status["reasons"], *([trail.error] if trail.error else [])]
    return as_json({**status, "reasons": reasons, "audit": {"file": str(trail.path), "error": trail.error}})


async def describe(_visit: Visit) -> web.Response:
    return as_json(openapi())
