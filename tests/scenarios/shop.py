"""A small shop with logins, for scenarios: two of them share neither sessions nor orders, like an old service and its replacement."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from aiohttp import web


class Shop:
    """``app`` serves it. ``asked`` are all requests, as (method, path, headers), ``issued`` all sessions; ``dry`` leaves writes of copies out;
    ``shares``: the shop whose data this one has too."""

    def __init__(self, *, dry: bool = False, prefix: str = "", shares: Shop | None = None) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.orders: list[dict[str, Any]] = shares.orders if shares else []
        self.issued: set[str] = set()
        self._sessions: dict[str, str] = shares._sessions if shares else {}
        self._numbers = itertools.count(1)
        self._dry = dry
        self.app = web.Application(middlewares=[self._note])
        self.app.router.add_post(f"{prefix}/login", self._login)
        self.app.router.add_post(f"{prefix}/logout", self._logout)
        self.app.router.add_get(f"{prefix}/me", self._me)
        self.app.router.add_get(f"{prefix}/orders", self._list)
        self.app.router.add_post(f"{prefix}/orders", self._order)

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append((request.method, request.path, dict(request.headers)))
        answer: web.StreamResponse = await handler(request)
        return answer

    def copies(self, method: str, path: str) -> list[dict[str, str]]:
        """The headers of copies that came."""
        return [
            headers for way, to, headers in self.asked if (way, to) == (method, path) and headers.get("X-Shadow") == "1"
        ]

    def _user(self, request: web.Request) -> str:
        user = self._sessions.get(request.cookies.get("session", ""))
        if user is None:
            raise web.HTTPUnauthorized(text="who are you?")
        return user

    async def _login(self, request: web.Request) -> web.Response:
        # A session of its own for each login, as every framework does against fixation.
        session = secrets.token_hex(16)
        self.issued.add(session)
        self._sessions[session] = str((await request.json())["user"])
        answer = web.json_response({"hello": self._sessions[session]})
        answer.set_cookie("session", session, httponly=True, samesite="Lax")
        return answer

    async def _logout(self, request: web.Request) -> web.Response:
        self._sessions.pop(request.cookies.get("session", ""), None)
        answer = web.json_response({})
        answer.del_cookie("session")
        return answer

    async def _me(self, request: web.Request) -> web.Response:
        return web.json_response({"user": self._user(request)})

    async def _list(self, request: web.Request) -> web.Response:
        user = self._user(request)
        return web.json_response({"orders": [order for order in self.orders if order["user"] == user]})

    async def _order(self, request: web.Request) -> web.Response:
        order = {"user": self._user(request), "what": (await request.json())["what"], "number": next(self._numbers)}
        if not (self._dry and request.headers.get("X-Shadow") == "1"):
            self.orders.append(order)
        return web.json_response(order, status=201)
