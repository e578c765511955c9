"""What a form or a program sends: named texts, whichever way they come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from console.web.refused import Refused

FORM: Final = "application/x-www-form-urlencoded"

Fields = Mapping[str, str | bool]
"""Texts as they were sent; yes and no of a JSON object are that, those of a form are texts."""


async def object_of(request: web.Request) -> dict[str, Any]:
    """The members of a JSON object, as they are. Raises Refused."""
    try:
        sent = json.loads(await request.read())  # in UTF-8, 16 or 32, whatever a charset says (RFC 8259)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is no JSON: {error}") from error
    if not isinstance(sent, dict):
        raise Refused(400, "send a JSON object")
    return sent


async def fields_of(request: web.Request) -> Fields:
    """The fields of a form, or the members of a JSON object. Raises Refused."""
    sent = await (form_of(request) if request.content_type == FORM else object_of(request))
    if not all(isinstance(value, str | bool) for value in sent.values()):
        raise Refused(400, "send an object whose members are texts, or a form")
    return sent


def one_of(fields: Fields, name: str, known: tuple[str, ...]) -> str:
    """Raises Refused if it is none of ``known``."""
    given = fields.get(name, "")
    if given not in known:
        raise Refused(400, f"{name} is one of {', '.join(known)}; {given!r} is not")
    return str(given)


def text_of(fields: Fields, name: str, *, most: int, least: int = 0) -> str:
    """Without blanks around it. Raises Refused if it is too short or too long, or none that a file can hold."""
    given = fields.get(name, "")
    if not isinstance(given, str):
        raise Refused(400, f"{name} is a text; {given!r} is not")
    if len(given) > most or len(given.strip()) < least:
        raise Refused(400, f"{name} has {least} to {most} characters; this has {len(given)}")
    return whole_text(given, name).strip()


def flag_of(fields: Fields, name: str) -> bool:
    """A box of a form that is ticked, or yes and no of JSON. Raises Refused."""
    given = fields.get(name, False)
    if given not in {True, False, "", "yes"}:
        raise Refused(400, f"{name} is true or false; {given!r} is not")
    return bool(given)


def whole_text(text: str, name: str) -> str:
    """Raises Refused for half a character, which JSON can write and no file can hold."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Refused(400, f"{name} holds half a character (a lone surrogate), which no file can")
    return text


def unknown(fields: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raises Refused for a field that nobody asked for: it was meant to do something."""
    others = sorted(fields.keys() - set(known))
    if others:
        raise Refused(400, f"{', '.join(map(repr, others))} is not known here; known: {', '.join(known)}")


async def form_of(request: web.Request) -> dict[str, Any]:
    try:
        return dict(await request.post())
    except (ValueError, LookupError) as error:
        raise Refused(400, f"the form cannot be read: {error}") from error
