"""The instance: processes, backends, what was lost on the way to a comparison, the store."""

from __future__ import annotations

import platform
from typing import Any

from aiohttp import web

from console.version import version
from console.web.answers import as_page
from console.web.visit import Visit

Document = dict[str, Any]


async def show(visit: Visit) -> web.Response:
    status = await visit.instance.status()
    document = system_document(status, await visit.evidence.sizes(), await visit.evidence.trouble())
    return as_page(visit, "system.html", document)


def system_document(status: Document, sizes: dict[str, int], trouble: str | None) -> Document:
    """``sizes`` are bytes of the store's files; ``trouble`` is what is wrong with it."""
    started = [one["started_at"] for one in status["processes"] if one["role"] == "supervisor"]
    return {
        "status": status,
        "notices": [*status["reasons"], *([trouble] if trouble else [])],
        "started_at": started[0] if started else None,
        "store": {"files": sizes, "bytes": sum(sizes.values())},
        "versions": {"strangler": version(), "python": platform.python_version()},
    }
