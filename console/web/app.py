"""The admin port: asks the guard, finds the answer in the table of addresses, and turns whatever goes wrong into a problem document.
Nothing here changes anything on GET, and nothing here can reach a user's request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from console.access.door import OpenDoor
from console.audit.trail import Trail
from console.jobs.jobs import Jobs
from console.web.addresses import ADDRESSES, Address
from console.web.audit_writer import AuditWriter
from console.web.audited import Audit
from console.web.entrance import Entrance, Unknown, ask_who, check, check_form
from console.web.evidence import Evidence
from console.web.guard import Guard
from console.web.instance import Instance
from console.web.live import Live
from console.web.logins import BEARER, Logins
from console.web.problem import problem
from console.web.refused import Refused
from console.web.trouble import trouble
from console.web.visit import Visit
from shadow.store import StoreError

log = logging.getLogger(__name__)

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "strangler",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer; only how long it may be kept may an answer say otherwise."""

HSTS: Final = "max-age=31536000"
"""With TLS. It is of the whole host, so the port wants a name of its own; without subdomains, since those are none of ours."""

MAX_BODY: Final = 4 * 1024 * 1024
"""A table of 10,000 routes has 2 MB."""


class Admin:
    """Who asks, and what is asked."""

    def __init__(
        self, instance: Instance, evidence: Evidence, guard: Guard, trail: Trail, entrance: Entrance | None = None
    ) -> None:
        self._instance = instance
        self._evidence = evidence
        self._guard = guard
        self._entrance = entrance or Entrance(OpenDoor())
        self._live = Live(instance)
        self._trail = trail
        self._writer = AuditWriter(trail)
        self._audit = Audit(self._writer)
        self._logins = Logins(self._writer)
        self._jobs = Jobs(evidence.url, self._audit.ended)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._shielded], client_max_size=MAX_BODY)
        app.on_response_prepare.append(_add_headers)
        if self._entrance.secure:
            app.on_response_prepare.append(_add_hsts)
        app.on_startup.append(self._begin)
        app.on_shutdown.append(self._end)
        app.on_cleanup.append(self._close)
        for address in ADDRESSES:
            app.router.add_route(address.method, address.path, self._answering(address))
            if address.method == "GET":
                app.router.add_route("HEAD", address.path, self._answering(address))
        return app

    def _answering(self, address: Address) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            entry = self._entrance.entry_of(request)
            visit = Visit(
                request,
                entry.caller,
                self._instance,
                self._evidence,
                self._live,
                self._trail,
                self._entrance,
                self._logins,
                self._jobs,
                entry.session,
            )
            try:
                check(entry, address.right, bodies=address.bodies)
                await check_form(request, entry)
            except Refused:
                await self._audit.denied(address, visit)
                raise
            except Unknown as error:
                if error.trouble:
                    self._logins.failed(BEARER, "a token that is none", 401, request.remote or "")
                raise
            return await self._audit.answer(address, visit)

        return answer

    async def _begin(self, _app: web.Application) -> None:
        await self._writer.open()

    async def _end(self, _app: web.Application) -> None:
        await self._live.end()
        await self._jobs.close()

    async def _close(self, _app: web.Application) -> None:
        await self._logins.close()  # not before the last act has ended
        self._writer.close()

    def _refusal(self, request: web.Request) -> web.Response | None:
        """Of what is not even looked at."""
        via, is_copy = request.headers.getall("Via", ()), "X-Shadow" in request.headers
        wrong = self._guard.bad_host(request.headers.get("Host")) or self._guard.proxied(via, is_copy=is_copy)
        if wrong is not None:
            return problem(421, wrong)
        if request.method not in {"GET", "HEAD"} and (wrong := self._guard.foreign_post(request.headers)) is not None:
            return problem(403, wrong)
        if "Content-Encoding" in request.headers:
            return problem(415, "send the body as it is, without a Content-Encoding")
        return None

    @web.middleware
    async def _shielded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as error:
            return self._trouble(
                request,
                405,
                f"{request.path} takes {' and '.join(sorted(error.allowed_methods))}",
                Allow=error.headers["Allow"],
            )
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return self._trouble(request, error.status, f"{request.path}: see /api/openapi.json for what there is")
        except Unknown as error:
            return ask_who(request, error.trouble)
        except Refused as error:
            return self._trouble(request, error.status, str(error), error.members)
        except StoreError as error:
            return self._trouble(request, 503, str(error), Retry_After="1")
        except Exception:
            log.exception("the admin port failed", extra={"path": request.path})
            return self._trouble(request, 500, "a fault of ours; the log has the particulars")

    def _trouble(
        self, request: web.Request, status: int, detail: str, members: dict[str, Any] | None = None, **headers: str
    ) -> web.Response:
        return trouble(request, self._entrance.entry_of(request), status, detail, members, **headers)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    kept = response.headers.get("Cache-Control", HEADERS["Cache-Control"])
    response.headers.update({**HEADERS, "Cache-Control": kept})


async def _add_hsts(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Strict-Transport-Security"] = HSTS
