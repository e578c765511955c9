"""Probes: alive, ready."""

from __future__ import annotations

from aiohttp import web

from console.status import degraded, not_ready
from console.web.answers import as_json
from console.web.visit import Visit


async def alive(visit: Visit) -> web.Response:
    """Answering at all is being alive."""
    told = visit.instance.told
    reasons = [*not_ready(told), *degraded(told, await visit.instance.counted())]
    trouble = await visit.evidence.trouble()
    reasons += [trouble] if trouble else []
    return as_json({"status": "degraded" if reasons else "ok", "reasons": reasons})


async def ready(visit: Visit) -> web.Response:
    reasons = not_ready(visit.instance.told)
    return as_json({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)
