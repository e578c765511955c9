"""The forms of an answer: JSON, or a page for who prefers to read one. A page and its JSON twin are made of one document."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from console.web.templates import render
from console.web.visit import Visit

Document = dict[str, Any]


def as_json(document: Any, *, status: int = 200) -> web.Response:
    return web.Response(status=status, text=json.dumps(document, indent=2) + "\n", content_type="application/json")


def as_page(visit: Visit, template: str, document: Document) -> web.Response:
    """``document`` through ``template``; as JSON if ``?format=json`` or the Accept header asks for it."""
    if _wants_json(visit.request):
        return as_json(document)
    about = {"caller": visit.caller, "path": visit.request.path, "query": visit.request.query}
    return web.Response(
        text=render(template, {**document, "about": about}),
        content_type="text/html",
        headers={"Vary": "Accept"},
    )


def _wants_json(request: web.Request) -> bool:
    """Browsers name text/html; programs that want JSON name it and not HTML."""
    if asked := request.query.get("format"):
        return asked == "json"
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept
