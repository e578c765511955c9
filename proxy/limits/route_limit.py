"""The rate limit of one route, made ready when the table is loaded. Pure."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from math import ceil
from typing import Final

from proxy.limits.allowance import Allowance
from proxy.limits.buckets import regions_of
from proxy.model.decision import Decision, Skip
from proxy.model.resilience import RateKey, RateLimit
from proxy.model.table import Backend, Route, Table

REASON: Final = "rate_limited"

NOBODY: Final = Backend("(none)", ())
"""Who answers a request that is turned away."""

REMEMBERED: Final = 16_384
"""Clients of all routes of a table whose numbers are remembered, so that they are not computed for each request."""

LONGEST_REMEMBERED: Final = 128
"""Bytes of an identity, or of an X-Forwarded-For, that is remembered."""

_NANO: Final = 1_000_000_000

Client = bytes | str | tuple[str, bytes]
"""Who asks: an identity; or the peer's address, with the X-Forwarded-For if the peer is trusted."""


class RouteLimit:
    """``decision`` is the one on a request that is turned away, ``detail`` what its client is told, ``numbers`` are
    those of clients that came lately."""

    __slots__ = (
        "_lines", "_most", "_seed", "allowance", "by_identity", "decision", "detail", "mode", "numbers", "region",
    )  # fmt: skip

    def __init__(self, route: Route, limit: RateLimit, region: int, key: bytes, remembered: int) -> None:
        self.allowance = Allowance(limit)
        self.by_identity = limit.by is RateKey.IDENTITY
        self.mode = limit.mode
        self.region = region
        self.numbers: dict[Client, int] = {}
        self._most = remembered
        self.decision = Decision(route, NOBODY, None, REASON, Skip.RATE_LIMITED)
        self.detail = f"At most {limit.requests:,} requests in {limit.per:g} s are allowed here."
        # Keyed, so that nobody can choose whose place in the table is his too.
        self._seed = blake2b(route.name.encode(), key=key, digest_size=8)
        # draft-ietf-httpapi-ratelimit-headers-10: whole seconds. The names of routes are fit for a string of RFC 9651.
        window = ceil(limit.per)
        quota = max(1, int(limit.requests * window / limit.per))
        self._lines = (
            f'RateLimit-Policy: "{route.name}";q={quota};w={window}\r\nRateLimit: "{route.name}";r=0;t='.encode()
        )

    def number_of(self, who: bytes) -> int:
        """The client's number in the table of clients."""
        hashed = self._seed.copy()
        hashed.update(who)
        return int.from_bytes(hashed.digest()) >> 1

    def remember(self, client: Client, number: int) -> None:
        """Put it into ``numbers``. When they are too many they begin anew."""
        if len(self.numbers) >= self._most:
            self.numbers.clear()
        self.numbers[client] = number

    def lines(self, wait: int) -> bytes:
        """Header lines that tell when to come again; ``wait`` is in nanoseconds."""
        seconds = max(1, -(-wait // _NANO))
        return b"%b%d\r\nRetry-After: %d\r\n" % (self._lines, seconds, seconds)


def limits_of(table: Table, secret: bytes) -> dict[str, RouteLimit]:
    """The limits of a table, by route."""
    # A key of its own: the installation's secret has other uses.
    key = hmac.digest(secret, b"strangler rate limits 1", "sha256")
    limited = [(route, route.rate_limit) for route in table.routes if route.rate_limit is not None]
    regions = regions_of(route.name for route, _ in limited)
    remembered = REMEMBERED // max(1, len(limited))
    return {route.name: RouteLimit(route, limit, regions[route.name], key, remembered) for route, limit in limited}
