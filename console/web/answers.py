"""The forms of an answer: JSON, or a page for who prefers to read one. A page and its JSON twin are made of one document."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from console.access.sessions import Session
from console.output import json_text
from console.web.caller import Caller
from console.web.templates import render
from console.web.visit import Visit

Document = dict[str, Any]

_VALUES: Final[dict[str, Any]] = {"control_example": None, "candidate_example": None, "examples": []}
"""What documents call values that a backend answered, and requests of users; and what stands there instead."""


def as_json(document: Any, *, status: int = 200) -> web.Response:
    return web.Response(status=status, text=json_text(document) + "\n", content_type="application/json")


def seen_by(caller: Caller, document: Any) -> Any:
    """``document`` as ``caller`` may see it: without the right to bodies, no value out of an answer is in it."""
    return document if caller.bodies else _without_values(document)


def _without_values(document: Any) -> Any:
    match document:
        case dict():
            return {key: _VALUES.get(key, _without_values(member)) for key, member in document.items()}
        case list():
            return [_without_values(member) for member in document]
        case _:
            return document


def as_page(visit: Visit, template: str, document: Document, *, status: int = 200) -> web.Response:
    """``document`` through ``template``; as JSON if ``?format=json`` or the Accept header asks for it."""
    document = seen_by(visit.caller, document)
    if _wants_json(visit.request):
        return as_json(document, status=status)
    return web.Response(
        status=status,
        text=render(template, {**document, "about": about(visit.request, visit.caller, visit.session)}),
        content_type="text/html",
        headers={"Vary": "Accept"},
    )


def about(request: web.Request, caller: Caller, session: Session | None) -> Document:
    """What every page says of its own address and reader."""
    csrf = session.csrf if session else ""
    return {"caller": caller, "path": request.path, "query": request.query, "csrf": csrf}


def _wants_json(request: web.Request) -> bool:
    """Browsers name text/html; programs that want JSON name it and not HTML."""
    if asked := request.query.get("format"):
        return asked == "json"
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept
