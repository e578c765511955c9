"""The ways to backends: sessions of aiohttp, one for hosts and one for each Unix socket, and TLS as the plan says."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import aiohttp
from yarl import URL

from proxy.model.listen import BackendTls
from proxy.model.tls_context import client_context

KEPT_IDLE: Final = 1.0
"""Seconds a connection is kept without use. Well below what servers keep, so that we seldom write into a closing one."""

MAX_SOCKETS: Final = 64
"""Unix sockets that a session is kept for; the one made first makes room for others."""

MAX_TLS: Final = 256
"""Settings of TLS that a context is kept for."""

TLS_SECONDS: Final = 60.0
"""The files of a backend's TLS are read again after this."""

MAX_BACKENDS: Final = 1024

Connect = Callable[[aiohttp.BaseConnector | None], aiohttp.ClientSession]


@dataclass(frozen=True, slots=True)
class Way:
    """What aiohttp must be told beside the request."""

    session: aiohttp.ClientSession
    url: URL
    ssl: ssl.SSLContext | bool = True
    server_hostname: str | None = None


class Ways:
    """``connect`` makes a session over a connector, over TCP if it is None."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._hosts = connect(None)
        self._sockets: dict[str, aiohttp.ClientSession] = {}
        self._contexts: dict[BackendTls, tuple[float, ssl.SSLContext]] = {}

    async def to(self, base: str, target: str, tls: BackendTls) -> Way:
        """The way to ``target`` at the backend's URL. Raises BadTlsFile."""
        if base.startswith("unix:"):
            return Way(await self._socket(base.removeprefix("unix:")), _target_url("http://localhost", target))
        url = _target_url(base, target)
        if url.scheme != "https":
            return Way(self._hosts, url)
        return Way(self._hosts, url, await self._context(tls), tls.server_name)

    async def close(self) -> None:
        for session in (self._hosts, *self._sockets.values()):
            await session.close()

    async def _socket(self, path: str) -> aiohttp.ClientSession:
        session = self._sockets.get(path)
        if session is None:
            session = self._sockets[path] = self._connect(
                aiohttp.UnixConnector(path, limit=0, keepalive_timeout=KEPT_IDLE)
            )
            if len(self._sockets) > MAX_SOCKETS:
                await self._sockets.pop(next(iter(self._sockets))).close()
        return session

    async def _context(self, tls: BackendTls) -> ssl.SSLContext:
        """In a thread, since files are read."""
        until, context = self._contexts.get(tls, (0.0, None))
        if context is None or time.monotonic() >= until:
            context = await asyncio.to_thread(client_context, tls)
            if len(self._contexts) >= MAX_TLS:  # settings come and go with table changes
                self._contexts.clear()
            self._contexts[tls] = (time.monotonic() + TLS_SECONDS, context)
        return context


@lru_cache(maxsize=MAX_BACKENDS)
def _base(url: str) -> URL:
    return URL(url)


def _target_url(base: str, target: str) -> URL:
    # The whole target goes in as the path: split into path, query and fragment it would lose an empty query and a fragment.
    url = _base(base)
    return URL.build(scheme=url.scheme, authority=url.raw_authority, path=target, encoded=True)
