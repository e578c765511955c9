"""The addresses of the admin port. Nothing here changes anything on GET, and nothing here can reach a user's request."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from console.metrics import render_metrics
from console.pair import pair_document
from console.recorded import unknown_route
from console.report import report_document, signatures_document
from console.since import BadTime, parse_since
from console.status import Document, degraded, not_ready
from console.web.evidence import Evidence
from console.web.guard import Guard
from console.web.instance import Instance
from console.web.openapi import openapi
from console.web.page import overview
from console.web.problem import problem
from console.web.style import STYLE_HASH
from shadow.store import StoreError

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "strangler",
    "X-Content-Type-Options": "nosniff",
}

MAX_BODY: Final = 64 * 1024


class Refused(Exception):
    """A question that has no answer; ``status`` is that of the problem, the message its detail."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Admin:
    """The handlers, and what they ask."""

    def __init__(self, instance: Instance, evidence: Evidence, guard: Guard) -> None:
        self._instance = instance
        self._evidence = evidence
        self._guard = guard

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._shielded], client_max_size=MAX_BODY)
        app.on_response_prepare.append(_add_headers)
        app.add_routes(
            [
                web.get("/", self.overview),
                web.get("/healthz", self.healthz),
                web.get("/readyz", self.readyz),
                web.get("/metrics", self.metrics),
                web.get("/-/healthy", self.healthz),
                web.get("/-/ready", self.readyz),
                web.post("/-/reload", self.reload),
                web.get("/api/openapi.json", self.openapi),
                web.get("/api/v1/status", self.status),
                web.get("/api/v1/report", self.report),
                web.get("/api/v1/signatures", self.signatures),
                web.get("/api/v1/pairs/{id}", self.pair),
            ]
        )
        return app

    @web.middleware
    async def _shielded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Asks the guard first, and turns whatever goes wrong into a problem document."""
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
            return problem(error.status, str(error))
        except StoreError as error:
            return problem(503, str(error), Retry_After="1")
        except Exception:
            log.exception("the admin port failed", extra={"path": request.path})
            return problem(500, "a fault of ours; the log has the particulars")

    async def healthz(self, _request: web.Request) -> web.Response:
        """Answering at all is being alive."""
        reasons = [*not_ready(self._instance.told), *degraded(self._instance.told, await self._instance.counted())]
        trouble = await self._evidence.trouble()
        reasons += [trouble] if trouble else []
        return _json({"status": "degraded" if reasons else "ok", "reasons": reasons})

    async def readyz(self, _request: web.Request) -> web.Response:
        reasons = not_ready(self._instance.told)
        return _json({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def metrics(self, request: web.Request) -> web.Response:
        told = self._instance.told
        page, content_type = render_metrics(
            await self._instance.counted(), {**told, "ready": not not_ready(told)}, request.headers.get("Accept", "")
        )
        return web.Response(body=page, headers={"Content-Type": content_type})

    async def reload(self, _request: web.Request) -> web.Response:
        self._instance.ask_for_reload()
        return _json({"asked": True, "table_version": self._instance.told["table_version"]}, status=202)

    async def openapi(self, _request: web.Request) -> web.Response:
        return _json(openapi())

    async def status(self, _request: web.Request) -> web.Response:
        return _json(await self._instance.status())

    async def report(self, request: web.Request) -> web.Response:
        return _json(await self._report(request))

    async def signatures(self, request: web.Request) -> web.Response:
        return _json(signatures_document(await self._report(request)))

    async def pair(self, request: web.Request) -> web.Response:
        given = request.match_info["id"]
        found = await self._evidence.pairs(given)
        if not found:
            return problem(404, f"no pair is kept whose id begins with {given!r}")
        return _json(pair_document(found[0], f"http://{self._instance.told['listen']}"))

    async def overview(self, _request: web.Request) -> web.Response:
        report = None
        trouble = None
        try:
            report = report_document(await self._evidence.summaries(), now=time.time())
        except StoreError as error:
            trouble = f"no evidence to show: {error}"
        page = overview(await self._instance.status(), self._instance.table, report, trouble)
        return web.Response(text=page, content_type="text/html")

    async def _report(self, request: web.Request) -> Document:
        since = request.query.get("since")
        route = request.query.get("route")
        now = time.time()
        try:
            moment = None if since is None else parse_since(since, now)
        except BadTime as error:
            raise Refused(400, str(error)) from error
        summaries = await self._evidence.summaries(moment)
        try:
            version = self._instance.told["table_version"] or None
            return report_document(summaries, now=now, route=route, table_version=version)
        except KeyError:
            raise Refused(404, unknown_route(route or "", [one.route for one in summaries])) from None


def _json(document: Any, *, status: int = 200) -> web.Response:
    return web.Response(status=status, text=json.dumps(document, indent=2) + "\n", content_type="application/json")


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
