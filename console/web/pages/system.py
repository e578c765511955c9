"""The instance: processes, backends, what was lost on the way to a comparison, the store."""

from __future__ import annotations

import platform
from typing import Any

from aiohttp import web

from console.status import urgent
from console.version import version
from console.web.answers import as_page
from console.web.rights import Right
from console.web.visit import Visit

Document = dict[str, Any]


async def show(visit: Visit) -> web.Response:
    status = await visit.instance.status()
    troubles = [one for one in (await visit.evidence.trouble(), visit.trail.error) if one]
    document = system_document(status, await visit.evidence.sizes(), troubles)
    access = visit.entrance.document()
    notices = [*access["notices"], *document["notices"]]
    audit = visit.caller.may(Right.ADMINISTER)
    return as_page(visit, "system.html", {**document, "notices": notices, "access": access, "audit": audit})


def system_document(status: Document, sizes: dict[str, int], troubles: list[str]) -> Document:
    """``sizes`` are bytes of the store's files; ``troubles`` say what is wrong with it, or with the audit log."""
    started = [one["started_at"] for one in status["processes"] if one["role"] == "supervisor"]
    return {
        "status": status,
        "notices": [*status["reasons"], *troubles],
        "urgent": urgent(status),
        "started_at": started[0] if started else None,
        "store": {"files": sizes, "bytes": sum(sizes.values())},
        "versions": {"strangler": version(), "python": platform.python_version()},
    }
