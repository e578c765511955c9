"""Style sheet and scripts: ours, served by us, with the hash of their content in the address, so that they may be kept for a year."""

from __future__ import annotations

import hashlib
import mimetypes
from importlib.resources import files
from typing import Final

from aiohttp import web

from console.web.refused import Refused
from console.web.visit import Visit

_FILES: Final = {file.name: file.read_bytes() for file in (files("console.web") / "static").iterdir()}

_HASHES: Final = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in _FILES.items()}


def address_of(name: str) -> str:
    """``style.css`` -> ``/static/0123456789ab/style.css``. Raises KeyError."""
    return f"/static/{_HASHES[name]}/{name}"


async def show(visit: Visit) -> web.Response:
    name = visit.request.match_info["name"]
    if name not in _FILES:
        raise Refused(404, f"there is no {name!r} here")
    kept = "public, max-age=31536000, immutable" if visit.request.match_info["hash"] == _HASHES[name] else "no-cache"
    return web.Response(
        body=_FILES[name],
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        headers={"Cache-Control": kept},
    )
