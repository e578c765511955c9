"""The new service: httpbin's ``/get /headers /anything /uuid /json /status /cookies`` again, on aiohttp, with planted faults.

Without faults it answers what httpbin answers, byte for byte. The faults are of the kind that rewrites really have; the
report must find each of them and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import enum
import json
import re
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from aiohttp import web


class Fault(enum.StrEnum):
    """What is wrong, and where the report must show it."""

    NESTED_FIELD = "json: a title inside the second slide has lost a word"
    BLANK_PARAMETERS = "anything-read: parameters without a value are dropped, as urllib's parse_qsl does unless told"
    NUMBER_AS_STRING = "anything-write: quantities come back as strings"
    SLOW = "headers: every answer takes a moment too long"


SLOW_SECONDS = 0.25
"""Far beyond the lateness of a shadow worker that shares two cores with all of the demo: a latency counts only if that is less than a tenth of it."""

FAULTS = web.AppKey("faults", frozenset)

HIDDEN_HEADERS = frozenset(
    {
        "x-varnish",
        "x-request-start",
        "x-heroku-queue-depth",
        "x-real-ip",
        "x-forwarded-proto",
        "x-forwarded-protocol",
        "x-forwarded-ssl",
        "x-heroku-queue-wait-time",
        "x-forwarded-for",
        "x-heroku-dynos-in-use",
        "x-forwarded-port",
        "x-request-id",
        "via",
        "total-route-time",
        "connect-time",
    }
)
"""What httpbin leaves out when it echoes headers, because it comes from proxies and not from users."""

SHADOW_MARKER = "x-shadow"
"""The proxy's mark on a copy: no user sent it, so this service does not echo it. (httpbin cannot know that.)"""

TEAPOT = r'''
    -=[ teapot ]=-

       _...._
     .'  _ _ `.
    | ."` ^ `". _,
    \_;`"---"`|//
      |       ;/
      \_     _/
        `"""`
'''

REDIRECT = (b"", {"Location": "/redirect/1"})
PLAIN = (b"", {"Content-Type": "text/html; charset=utf-8"})
STATUSES: dict[int, tuple[bytes, dict[str, str]]] = {
    301: REDIRECT,
    302: REDIRECT,
    303: REDIRECT,
    305: REDIRECT,
    307: REDIRECT,
    304: (b"", {}),
    401: (b"", {"WWW-Authenticate": 'Basic realm="Fake Realm"'}),
    407: (b"", {}),  # httpbin sets Proxy-Authenticate, gunicorn takes it off again as a hop-by-hop header
    418: (TEAPOT.encode(), {"x-more-info": "http://tools.ietf.org/html/rfc2324"}),
}
"""Body and headers of the codes that are special; all others are empty HTML."""

SLIDESHOW = {
    "author": "Yours Truly",
    "date": "date of publication",
    "slides": [
        {"title": "Wake up to WonderWidgets!", "type": "all"},
        {
            "items": ["Why <em>WonderWidgets</em> are great", "Who <em>buys</em> WonderWidgets"],
            "title": "Overview",
            "type": "all",
        },
    ],
    "title": "Sample Slide Show",
}


def make_app(faults: Iterable[Fault] = tuple(Fault)) -> web.Application:
    """The service with these faults planted."""
    app = web.Application()
    app[FAULTS] = frozenset(faults)
    app.router.add_get("/get", get)
    app.router.add_get("/headers", headers)
    app.router.add_get("/uuid", new_uuid)
    app.router.add_get("/json", slideshow)
    app.router.add_get("/cookies", cookies)
    app.router.add_route("*", "/status/{code}", status)
    for path in ("/anything", "/anything/{rest:.*}"):
        app.router.add_route("*", path, anything)
    app.on_response_prepare.append(_cross_origin)
    return app


async def get(request: web.Request) -> web.Response:
    return _json(
        {"args": _arguments(request), "headers": _headers(request), "origin": _origin(request), "url": _url(request)}
    )


async def headers(request: web.Request) -> web.Response:
    if Fault.SLOW in request.app[FAULTS]:
        await asyncio.sleep(SLOW_SECONDS)
    return _json({"headers": _headers(request)})


async def new_uuid(_: web.Request) -> web.Response:
    return _json({"uuid": str(uuid.uuid4())})


async def slideshow(request: web.Request) -> web.Response:
    document = json.loads(json.dumps(SLIDESHOW))
    if Fault.NESTED_FIELD in request.app[FAULTS]:
        document["slides"][1]["items"][0] = "Why WonderWidgets are great"
    return _json({"slideshow": document})


async def cookies(request: web.Request) -> web.Response:
    return _json({"cookies": dict(request.cookies)})


async def status(request: web.Request) -> web.Response:
    try:
        code = int(request.match_info["code"])
    except ValueError:
        return web.Response(status=400, text="Invalid status code", content_type="text/plain", charset="utf-8")
    body, extra = STATUSES.get(code, PLAIN)
    return web.Response(status=code, body=body, headers=extra)


async def anything(request: web.Request) -> web.Response:
    keep_blank = Fault.BLANK_PARAMETERS not in request.app[FAULTS]
    form = await request.post() if _is_form(request) else None
    data = "" if form is not None else (await request.read()).decode("utf-8", "replace")
    return _json(
        {
            "args": _arguments(request, keep_blank=keep_blank),
            "data": data,
            "files": {},
            "form": _flatten(form.items()) if form is not None else {},
            "headers": _headers(request),
            "json": _echoed(data, numbers_as_strings=Fault.NUMBER_AS_STRING in request.app[FAULTS]),
            "method": request.method,
            "origin": _origin(request),
            "url": _url(request),
        }
    )


async def _cross_origin(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    if response.headers.get("Content-Type") == "application/octet-stream":  # aiohttp's own idea; httpbin says nothing
        del response.headers["Content-Type"]


def _json(document: dict[str, Any]) -> web.Response:
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    return web.Response(body=text.encode(), content_type="application/json")


def _arguments(request: web.Request, *, keep_blank: bool = True) -> dict[str, Any]:
    return _flatten(parse_qsl(request.url.raw_query_string, keep_blank_values=keep_blank))


def _flatten(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """One value stays itself, several become a list."""
    collected: dict[str, list[Any]] = {}
    for name, value in pairs:
        collected.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in collected.items()}


def _headers(request: web.Request) -> dict[str, str]:
    """Names as WSGI spells them: X-Request-Id, whatever the client wrote; several of one name are joined."""
    hidden = frozenset() if "show_env" in request.query else HIDDEN_HEADERS
    collected: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        if name.lower() not in hidden and name.lower() != SHADOW_MARKER:
            collected.setdefault(name.title(), []).append(value)
    return {name: ",".join(values) for name, values in collected.items()}


def _origin(request: web.Request) -> str:
    return request.headers.get("X-Forwarded-For", request.remote or "")


def _url(request: web.Request) -> str:
    scheme = request.headers.get("X-Forwarded-Proto", "http")
    return f"{scheme}://{request.host}{_readable(request.raw_path)}"


def _readable(target: str) -> str:
    """The target as Flask shows it: in the query, percent codes are decoded unless they would change its meaning."""
    path, mark, query = target.partition("?")
    return path + mark + re.sub(r"(?:%[0-9A-Fa-f]{2})+", _decoded, query)


def _decoded(found: re.Match[str]) -> str:
    raw = unquote_to_bytes(found[0])
    if any(byte <= 0x20 or byte == 0x7F or byte in b"%&=+#" for byte in raw):
        return found[0]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return found[0]


def _is_form(request: web.Request) -> bool:
    return request.content_type == "application/x-www-form-urlencoded"


def _echoed(data: str, *, numbers_as_strings: bool) -> Any:
    try:
        document = json.loads(data)
    except ValueError:
        return None
    if numbers_as_strings and isinstance(document, dict) and isinstance(document.get("quantity"), int):
        document["quantity"] = str(document["quantity"])
    return document


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.new_service", description="The new service of the demo.")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    web.run_app(make_app(), host="127.0.0.1", port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
