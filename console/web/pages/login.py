"""The page where people say who they are. It works without scripts, and tells nobody which part of what they said was wrong."""

from __future__ import annotations

import logging
from typing import Any, Final

from aiohttp import web

from console.access.door import TooMany
from console.access.secret import MOST_SECRET
from console.audit.trail import CannotAudit
from console.web.answers import as_page
from console.web.entrance import LOGIN
from console.web.fields import fields_of, text_of, unknown
from console.web.logins import LOGIN as BY_PASSWORD
from console.web.visit import Visit

log = logging.getLogger(__name__)

MOST_NAME: Final = 64
MOST_NEXT: Final = 2000

NOT_AUDITED: Final = (
    "The audit log cannot be written at present, so nobody is let in. Tokens and sessions that there are go on."
)

_WRONG: Final = "Name and password do not belong together, or there is no such user."


async def show(visit: Visit) -> web.Response:
    if not visit.entrance.door.asks:
        return _go("/")
    return login_page(visit, visit.request.query.get("next", "/"))


async def enter(visit: Visit) -> web.Response:
    fields = await fields_of(visit.request)
    unknown(fields, ("name", "password", "next", "csrf"))
    name, password = text_of(fields, "name", most=MOST_NAME), text_of(fields, "password", most=MOST_SECRET)
    after = text_of(fields, "next", most=MOST_NEXT)
    entrance = visit.entrance
    address = visit.request.remote or ""
    known = name if entrance.door.knows(name) else ""  # else it may be a password, typed into the wrong field
    try:
        user = await entrance.door.recognise(address, name, password)
    except TooMany as many:
        visit.logins.failed(BY_PASSWORD, "too many tries", 429, address, known)
        page = login_page(
            visit, after, f"Too many tries. Another one is possible in {_span(many.seconds)}.", status=429
        )
        page.headers["Retry-After"] = str(many.seconds)
        return page
    if user is None:
        log.warning("a login failed", extra={"address": address})
        visit.logins.failed(BY_PASSWORD, "a wrong password" if known else "no such user", 403, address, known)
        return login_page(visit, after, _WRONG, status=403)
    cookie = entrance.cookie_of(visit.request)
    try:
        session = await visit.logins.let_in(BY_PASSWORD, user.name, address, lambda: entrance.door.let_in(user, cookie))
    except CannotAudit as error:
        log.error("nobody is let in", extra={"detail": str(error)})  # noqa: TRY400 - the disk's fault, our traceback tells nothing
        return login_page(visit, after, NOT_AUDITED, status=503)
    log.info("a login", extra={"address": address, "user": name})
    answer = _go(ours(after))
    entrance.remember(answer, session)
    return answer


async def leave(visit: Visit) -> web.Response:
    if name := visit.entrance.door.log_out(visit.entrance.cookie_of(visit.request)):
        await visit.logins.left(name, visit.request.remote or "")
    answer = _go(LOGIN)
    visit.entrance.forget(answer)
    return answer


def ours(address: str) -> str:
    """``address`` if it leads to a page of ours, else that of the overview: nobody is sent elsewhere after they have logged in."""
    good = address.startswith("/") and address.isascii() and address.isprintable() and len(address) <= MOST_NEXT
    return address if good and not address.startswith("//") and "\\" not in address else "/"


def login_page(visit: Visit, after: str, trouble: str = "", *, status: int = 200) -> web.Response:
    provider = visit.entrance.provider
    document: dict[str, Any] = {"next": ours(after), "trouble": trouble, "provider": provider.name if provider else ""}
    return as_page(visit, "login.html", document, status=status)


def _span(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{(seconds + 59) // 60} minutes"


def _go(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})
