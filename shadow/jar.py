"""Cookies that a side has set in its answers to copies: a jar for each user at each backend, in memory only.

RFC 6265 is aiohttp's business (domains, paths, expiry). Ours is whose jar it is, and that nobody can make them too many.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from yarl import URL

MAX_JARS: Final = 4096
"""Users with a jar; the one who has not come for the longest time is forgotten first."""

MAX_COOKIES: Final = 50
"""Cookies of one jar, at most as many bytes as below. What comes on top is not kept."""

MAX_BYTES: Final = 8 * 1024

_MAX_SEGMENTS: Final = 64
"""Of a path that is looked at, and labels of a host: looking costs their product."""

_FIRST_SECOND: Final = re.compile(r"(\bJan[ -](?:19)?70 00:00:0)0", re.IGNORECASE)


class Jar:
    """One user's cookies at one backend."""

    __slots__ = ("_cookies", "_reads", "_writes")

    def __init__(self) -> None:
        # "unsafe" is aiohttp's word for cookies of hosts that are addresses. Values are sent as they came.
        self._cookies = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
        self._reads: set[asyncio.Future[None]] = set()
        self._writes: set[asyncio.Future[None]] = set()

    @property
    def empty(self) -> bool:
        return not len(self._cookies)

    def cookies_for(self, url: URL) -> dict[str, str]:
        found = self._cookies.filter_cookies(_bounded(url))
        return {morsel.key: morsel.coded_value for morsel in found.values()}

    def keep(self, lines: list[str], url: URL) -> None:
        """What an answer from ``url`` sets; ``lines`` are its Set-Cookie fields."""
        # aiohttp takes the second 0, at which many frameworks let deleted cookies expire, for no date at all.
        self._cookies.update_cookies_from_headers([_FIRST_SECOND.sub(r"\g<1>1", line) for line in lines], url)
        count, size = itertools.count(1), 0

        def is_too_much(morsel: object) -> bool:
            nonlocal size
            size += len(str(morsel))
            return next(count) > MAX_COOKIES or size > MAX_BYTES

        self._cookies.clear(is_too_much)

    @asynccontextmanager
    async def turn(self, *, writes: bool, seconds: float) -> AsyncIterator[None]:
        """A read comes after what was written for this user before (a login, say), a write (a logout) after all that came before; but
        not more than ``seconds`` after now."""
        earlier = self._writes | self._reads if writes else set(self._writes)
        done = asyncio.get_running_loop().create_future()
        turns = self._writes if writes else self._reads
        turns.add(done)
        try:
            if earlier:
                await asyncio.wait(earlier, timeout=seconds)
            yield
        finally:
            turns.discard(done)
            done.set_result(None)


class Jars:
    """``secret`` is of this process alone: identities are remembered as keyed hashes. ``forgotten`` is told of each jar that had to make room."""

    def __init__(self, secret: bytes, forgotten: Callable[[], None] = lambda: None, *, most: int = MAX_JARS) -> None:
        self._secret = secret
        self._forgotten = forgotten
        self._most = most
        self._jars: dict[bytes, Jar] = {}

    def __len__(self) -> int:
        return len(self._jars)

    def of(self, backend: str, identity: str, later: str) -> Jar | None:
        """The jar of who came as ``identity`` and goes on as ``later``; None for who cannot be told from others."""
        if not later:
            return None
        key = self._key(backend, later)
        jar = self._jars.pop(key, None)
        if identity and identity != later:
            # A login often gives another session: it is the same user, who keeps the jar.
            before = self._jars.pop(self._key(backend, identity), None)
            jar = jar or before
        if jar is None:
            jar = Jar()
            if len(self._jars) >= self._most:
                del self._jars[next(iter(self._jars))]
                self._forgotten()
        self._jars[key] = jar  # last, as the latest who came
        return jar

    def _key(self, backend: str, identity: str) -> bytes:
        digest = hashlib.blake2b(key=self._secret, digest_size=16)
        digest.update(f"{len(backend)}:{backend}{identity}".encode("utf-8", "surrogatepass"))
        return digest.digest()


def _bounded(url: URL) -> URL:
    if (url.raw_host or "").count(".") > _MAX_SEGMENTS:
        return URL.build(scheme=url.scheme, host="invalid")
    if url.raw_path.count("/") > _MAX_SEGMENTS:
        return url.with_path("/".join(url.raw_path.split("/")[:_MAX_SEGMENTS]), encoded=True)
    return url
