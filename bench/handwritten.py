"""The proxy that a Python team would write in an afternoon and then tune: a peer of the bench, with the duties of the others.

``python -m bench.handwritten PORT LEGACY_PORT CANDIDATE_PORT ROUTES ACCESS_LOG``
"""

from __future__ import annotations

import json
import logging
import sys
import time
import uuid
import zlib

import uvloop
from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict
from prometheus_client import Counter, Histogram
from yarl import URL

from bench.scene import route

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"}
)
_REQUESTS = Counter("requests", "Requests.", ["route", "backend", "status"])
_SECONDS = Histogram("seconds", "Time to answer.", ["route"])


class Proxy:
    def __init__(self, legacy: int, candidate: int, routes: int, log: logging.Logger) -> None:
        self._backends = {"legacy": f"http://127.0.0.1:{legacy}", "candidate": f"http://127.0.0.1:{candidate}"}
        self._routes = {one.prefix: one.name for one in map(route, range(routes))}
        self._log = log
        self._session: ClientSession | None = None

    async def start(self, _app: web.Application) -> None:
        connector = TCPConnector(limit=0, keepalive_timeout=600)
        self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=False)

    async def stop(self, _app: web.Application) -> None:
        if self._session is not None:
            await self._session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        assert self._session is not None
        began = time.perf_counter()
        route = self._routes.get(request.path.rpartition("/")[0], "unclaimed")
        backend = "legacy"
        if route != "unclaimed" and zlib.crc32(request.cookies.get("session", "").encode()) % 100 < 50:
            backend = "candidate"
        headers = CIMultiDict((k, v) for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP)
        request_id = headers.setdefault("X-Request-Id", uuid.uuid4().hex)
        headers["X-Forwarded-For"] = request.remote or ""
        headers["X-Forwarded-Proto"] = request.scheme
        headers["X-Forwarded-Host"] = request.host
        headers["Via"] = "1.1 handwritten"
        url = URL(self._backends[backend] + request.raw_path, encoded=True)
        data = request.content if request.body_exists else None
        async with self._session.request(
            request.method, url, headers=headers, data=data, allow_redirects=False
        ) as answer:
            kept = CIMultiDict((k, v) for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP)
            response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=kept)
            await response.prepare(request)
            size = 0
            async for piece in answer.content.iter_any():
                size += len(piece)
                await response.write(piece)
            await response.write_eof()
        seconds = time.perf_counter() - began
        _REQUESTS.labels(route, backend, answer.status).inc()
        _SECONDS.labels(route).observe(seconds)
        line = {
            "time": time.time(),
            "route": route,
            "backend": backend,
            "method": request.method,
            "path": request.path,
            "status": answer.status,
            "bytes_out": size,
            "seconds": round(seconds, 6),
            "client": request.remote,
            "request_id": request_id,
        }
        self._log.info("%s", json.dumps(line))
        return response


def main() -> None:
    port, legacy, candidate, routes = map(int, sys.argv[1:5])
    log = logging.getLogger("access")
    log.propagate = False
    log.setLevel(logging.INFO)
    log.addHandler(logging.FileHandler(sys.argv[5]))
    proxy = Proxy(legacy, candidate, routes, log)
    app = web.Application(client_max_size=0)
    app.on_startup.append(proxy.start)
    app.on_cleanup.append(proxy.stop)
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()
