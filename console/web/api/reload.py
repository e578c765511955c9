"""Asks for the table to be read again."""

from __future__ import annotations

from aiohttp import web

from console.web.answers import as_json
from console.web.visit import Visit


async def ask(visit: Visit) -> web.Response:
    visit.instance.ask_for_reload()
    return as_json({"asked": True, "table_version": visit.instance.told["table_version"]}, status=202)
