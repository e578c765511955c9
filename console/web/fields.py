"""What a form or a program sends: named texts, whichever way they come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from console.web.refused import Refused


async def object_of(request: web.Request) -> dict[str, Any]:
    """The members of a JSON object, as they are. Raises Refused."""
    try:
        sent = json.loads(await request.text())
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is no JSON: {error}") from error
    if not isinstance(sent, dict):
        raise Refused(400, "send a JSON object")
    return sent


async def fields_of(request: web.Request) -> dict[str, str]:
    """The fields of a form, or the members of a JSON object; blanks around them are taken off. Raises Refused."""
    if request.content_type == "application/json":
        try:
            sent = json.loads(await request.text())
        except (ValueError, RecursionError) as error:
            raise Refused(400, f"the body is no JSON: {error}") from error
    else:
        sent = dict(await request.post())
    if not isinstance(sent, dict) or not all(isinstance(value, str | bool) for value in sent.values()):
        raise Refused(400, "send an object whose members are texts, or a form")
    return {name: value.strip() if isinstance(value, str) else "yes" * value for name, value in sent.items()}


def one_of(fields: dict[str, str], name: str, known: tuple[str, ...]) -> str:
    """Raises Refused if it is none of ``known``."""
    given = fields.get(name, "")
    if given not in known:
        raise Refused(400, f"{name} is one of {', '.join(known)}; {given!r} is not")
    return given


def text_of(fields: dict[str, str], name: str, *, most: int, least: int = 0) -> str:
    """Raises Refused if it is too short or too long."""
    given = fields.get(name, "")
    if not least <= len(given) <= most:
        raise Refused(400, f"{name} has {least} to {most} characters; this has {len(given)}")
    return given


def unknown(fields: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raises Refused for a field that nobody asked for: it was meant to do something."""
    others = sorted(fields.keys() - set(known))
    if others:
        raise Refused(400, f"{', '.join(map(repr, others))} is not known here; known: {', '.join(known)}")
