"""The running instance, and what its addresses are."""

from __future__ import annotations

from aiohttp import web

from console.web.answers import as_json
from console.web.openapi import openapi
from console.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    return as_json(await visit.instance.status())


async def describe(_visit: Visit) -> web.Response:
    return as_json(openapi())
