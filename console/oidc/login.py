"""Attempts to log in that are under way. Each is of one browser, lasts ten minutes, and is good for one answer."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from console.oidc.attempt import Attempt, Refused, begun, code_of, way_out
from console.oidc.grant import granted
from console.oidc.provider import Provider
from console.oidc.settings import OidcSettings
from console.web.caller import Caller

MOST_ATTEMPTS: Final = 1024
"""Under way at once; the oldest ones go when there are more."""


@dataclass(frozen=True, slots=True)
class Begun:
    """``id`` goes into the browser's cookie, ``address`` is where it is sent."""

    id: str
    address: str


@dataclass(frozen=True, slots=True)
class _UnderWay:
    attempt: Attempt
    after: str


class OidcLogin:
    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._provider = Provider(settings, clock)
        self._clock = clock
        self._under_way: dict[bytes, _UnderWay] = {}

    async def begin(self, after: str) -> Begun:
        """``after`` is where the person wants to go in the end. Raises Refused."""
        endpoint = await self._provider.authorization_endpoint()
        id_, attempt = secrets.token_urlsafe(32), begun(secrets.token_urlsafe(120), self._clock())
        self._make_room()
        self._under_way[_hash(id_)] = _UnderWay(attempt, after)
        return Begun(id_, way_out(attempt, endpoint, self._settings))

    async def end(self, id_: str | None, query: Mapping[str, str]) -> tuple[Caller, str]:
        """Who came back, and where they want to go. Raises Refused."""
        # It is used up whatever comes of it: a second answer of the same attempt is somebody else's.
        under_way = self._under_way.pop(_hash(id_ or ""), None)
        if under_way is None:
            raise Refused("no such attempt")
        attempt = under_way.attempt
        code = code_of(query, attempt, self._settings.issuer, self._clock())
        claims = await self._provider.claims(code, attempt.verifier, attempt.nonce)
        caller = granted(claims, self._settings)
        if caller is None:
            raise Refused(f"no rule of roles holds for {str(claims.get('sub'))[:100]!r}")
        return caller, under_way.after

    def _make_room(self) -> None:
        now = self._clock()
        for key in [key for key, one in self._under_way.items() if now > one.attempt.until]:
            del self._under_way[key]
        while len(self._under_way) >= MOST_ATTEMPTS:
            del self._under_way[next(iter(self._under_way))]


def _hash(id_: str) -> bytes:
    return hashlib.sha256(id_.encode("utf-8", "replace")).digest()
