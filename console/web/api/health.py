"""Probes: alive, ready."""

from __future__ import annotations

from aiohttp import web

from console.status import degraded, not_ready
from console.web.answers import as_json
from console.web.rights import Right
from console.web.visit import Visit


async def alive(visit: Visit) -> web.Response:
    """Answering at all is being alive."""
    told = visit.instance.told
    reasons = [*not_ready(told), *degraded(told, await visit.instance.counted())]
    trouble = await visit.evidence.trouble()
    reasons += [one for one in (trouble, visit.trail.error) if one]
    return as_json({"status": "degraded" if reasons else "ok", "reasons": _for(visit, reasons)})


async def ready(visit: Visit) -> web.Response:
    reasons = not_ready(visit.instance.told)
    return as_json({"ready": not reasons, "reasons": _for(visit, reasons)}, status=503 if reasons else 200)


def _for(visit: Visit, reasons: list[str]) -> list[str]:
    """Probes need no name, and then are told nothing of our inside."""
    return reasons if visit.caller.may(Right.VIEW) else []
