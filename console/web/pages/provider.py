"""To the provider of identities, and back. Only the way back of an attempt that this very browser began is good for a session."""

from __future__ import annotations

import logging

from aiohttp import web

from console.access.door import NotLetIn
from console.audit.trail import CannotAudit
from console.web.answers import as_page
from console.web.entrance import LOGIN, Provider
from console.web.logins import PROVIDER
from console.web.pages.login import NOT_AUDITED, login_page, ours
from console.web.refused import Refused
from console.web.visit import Visit

log = logging.getLogger(__name__)

_NOT_LET_IN = "The provider did not let you in, or nothing here is open to you. The log has the reason."


async def leave(visit: Visit) -> web.Response:
    """By GET: where a form may lead is ours alone (Content-Security-Policy), and it changes nothing but what the browser began."""
    try:
        attempt, address = await _provider(visit).begin(ours(visit.request.query.get("next", "/")))
    except NotLetIn as error:
        return _not_let_in(visit, error)
    answer = web.Response(status=303, headers={"Location": address})
    visit.entrance.remember_attempt(answer, attempt)
    return answer


async def come_back(visit: Visit) -> web.Response:
    """Answers with a page that goes on by itself: a redirect would still be the provider's doing, and the browser would keep our cookie back."""
    entrance = visit.entrance
    try:
        caller, after = await _provider(visit).end(entrance.attempt_of(visit.request), dict(visit.request.query))
    except NotLetIn as error:
        return _not_let_in(visit, error)
    address, cookie = visit.request.remote or "", entrance.cookie_of(visit.request)
    try:
        session = await visit.logins.let_in(
            PROVIDER, caller.name, address, lambda: entrance.door.let_in(caller, cookie)
        )
    except CannotAudit as error:
        log.error("nobody is let in", extra={"detail": str(error)})  # noqa: TRY400 - the disk's fault, our traceback tells nothing
        return _refused(visit, NOT_AUDITED, 503)
    log.info("a login", extra={"address": address, "user": caller.name})
    answer = as_page(visit, "welcome.html", {"next": ours(after)})
    entrance.remember(answer, session)
    entrance.forget_attempt(answer)
    return answer


def _provider(visit: Visit) -> Provider:
    if visit.entrance.provider is None:
        raise Refused(404, f"there is no provider of identities here: log in at {LOGIN}")
    return visit.entrance.provider


def _not_let_in(visit: Visit, error: NotLetIn) -> web.Response:
    address = visit.request.remote or ""
    log.warning("a login failed", extra={"address": address, "detail": str(error)})
    visit.logins.failed(PROVIDER, "not let in through the provider", 403, address)
    return _refused(visit, _NOT_LET_IN, 403)


def _refused(visit: Visit, trouble: str, status: int) -> web.Response:
    answer = login_page(visit, "/", trouble, status=status)
    visit.entrance.forget_attempt(answer)
    return answer
