"""The admin port: asks the guard, finds the answer in the table of addresses, and turns whatever goes wrong into a problem document.
Nothing here changes anything on GET, and nothing here can reach a user's request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from console.web.addresses import ADDRESSES, Address
from console.web.caller import LOCAL, Caller
from console.web.evidence import Evidence
from console.web.guard import Guard
from console.web.instance import Instance
from console.web.live import Live
from console.web.problem import problem
from console.web.refused import Refused
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

MAX_BODY: Final = 4 * 1024 * 1024
"""A table of 10,000 routes has 2 MB."""


class Admin:
    """Who asks, and what is asked."""

    def __init__(self, instance: Instance, evidence: Evidence, guard: Guard) -> None:
        self._instance = instance
        self._evidence = evidence
        self._guard = guard
        self._live = Live(instance)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._shielded], client_max_size=MAX_BODY)
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._end)
        for address in ADDRESSES:
            app.router.add_route(address.method, address.path, self._answering(address))
            if address.method == "GET":
                app.router.add_route("HEAD", address.path, self._answering(address))
        return app

    def _answering(self, address: Address) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            caller = self._caller(request)
            if not caller.may(address.right) or (address.bodies and not caller.bodies):
                raise Refused(
                    403, f"{caller.name} ({caller.role}) may not {_wanted(address)}: ask an admin for the right"
                )
            return await address.handler(Visit(request, caller, self._instance, self._evidence, self._live))

        return answer

    async def _end(self, _app: web.Application) -> None:
        await self._live.end()

    @staticmethod
    def _caller(_request: web.Request) -> Caller:
        return LOCAL

    @web.middleware
    async def _shielded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        wrong = self._guard.bad_host(request.headers.get("Host"))
        if wrong is not None:
            return problem(421, wrong)
        if request.method not in {"GET", "HEAD"} and (wrong := self._guard.foreign_post(request.headers)) is not None:
            return problem(403, wrong)
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as error:
            return problem(
                405, f"{request.path} takes {' and '.join(sorted(error.allowed_methods))}", Allow=error.headers["Allow"]
            )
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return problem(error.status, f"{request.path}: see /api/openapi.json for what there is")
        except Refused as error:
            return problem(error.status, str(error), error.members)
        except StoreError as error:
            return problem(503, str(error), Retry_After="1")
        except Exception:
            log.exception("the admin port failed", extra={"path": request.path})
            return problem(500, "a fault of ours; the log has the particulars")


def _wanted(address: Address) -> str:
    return "see recorded requests and answers" if address.bodies else address.right.value


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    kept = response.headers.get("Cache-Control", HEADERS["Cache-Control"])
    response.headers.update({**HEADERS, "Cache-Control": kept})
