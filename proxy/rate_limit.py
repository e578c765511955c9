"""Rate limits of routes: asks the table of clients, which all workers share, and turns away who has used up its allowance.

No request pays for this but those of routes that have a limit.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import mmap
import os
import time
from array import array
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy.allowance import Allowance
from proxy.buckets import WORDS, Buckets, regions_of
from proxy.client_address import client_address
from proxy.doors import neighbourhood
from proxy.model.decision import Decision, Skip
from proxy.model.resilience import Mode, RateKey
from proxy.model.table import Backend

if TYPE_CHECKING:
    from proxy.live_path import LivePath
    from proxy.model.resilience import RateLimit
    from proxy.model.table import Route, Table
    from proxy.passage import Passage

log = logging.getLogger(__name__)

NAME: Final = "rate-limits"
"""The file in the run directory that workers share."""

REASON: Final = "rate_limited"

NOBODY: Final = Backend("(none)", ())
"""Who answers a request that is turned away."""

_SIZE: Final = WORDS * 8
_NANO: Final = 1_000_000_000


class RouteLimit:
    """The limit of one route, made ready when the table is loaded."""

    __slots__ = ("_lines", "_seed", "allowance", "by_identity", "decision", "detail", "mode", "region")

    def __init__(self, route: Route, limit: RateLimit, region: int, key: bytes) -> None:
        self.allowance = Allowance(limit)
        self.by_identity = limit.by is RateKey.IDENTITY
        self.mode = limit.mode
        self.region = region
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
        hashed = self._seed.copy()
        hashed.update(who)
        return int.from_bytes(hashed.digest()) >> 1

    def lines(self, wait: int) -> bytes:
        """Header lines that tell when to come again; ``wait`` is in nanoseconds."""
        seconds = max(1, -(-wait // _NANO))
        return b"%b%d\r\nRetry-After: %d\r\n" % (self._lines, seconds, seconds)


class RateLimits:
    """All limits of the table in force."""

    __slots__ = ("_buckets", "_directory", "_forgotten", "_key", "_limits", "_live")

    def __init__(self, live: LivePath, directory: Path, secret: bytes) -> None:
        self._live = live
        self._directory = directory
        # A key of its own: the installation's secret has other uses.
        self._key = hmac.digest(secret, b"strangler rate limits 1", "sha256")
        self._limits: dict[str, RouteLimit] = {}
        self._buckets: Buckets | None = None
        self._forgotten = live.counters.slot("strangler_rate_forgotten")

    def use(self, table: Table) -> None:
        """What clients have used stays used when a table is replaced."""
        limited = {route.name: route for route in table.routes if route.rate_limit is not None}
        regions = regions_of(limited)
        self._limits = {
            name: RouteLimit(route, route.rate_limit, regions[name], self._key)
            for name, route in limited.items()
            if route.rate_limit is not None
        }
        if limited and self._buckets is None:
            self._buckets = Buckets(shared_words(self._directory))

    def tick(self) -> None:
        if self._buckets is not None:
            self._live.values[self._forgotten] = self._buckets.forgotten

    def lets(self, passage: Passage, route: str) -> bool:
        """Whether the passage may go on. If not, it is told so in the next turn of the loop: then it is known whether its
        connection can be kept, and a thousand of them are not a thousand nested calls."""
        limit, buckets = self._limits[route], self._buckets
        assert buckets is not None
        wait = buckets.take(
            limit.region, limit.number_of(self._who(passage, limit)), limit.allowance, time.monotonic_ns()
        )
        if not wait:
            return True
        live = self._live
        live.counters.add("strangler_rate_limited", route=route, mode=limit.mode)
        log.info(
            "rate limited",
            extra={"route": route, "mode": limit.mode, "peer": passage.client.peer, "request_id": passage.request_id},
        )
        if limit.mode is Mode.OBSERVE:
            return True
        live.counters.add("strangler_refused", reason=REASON)
        passage.decision = limit.decision
        passage.backend = NOBODY
        passage.meter = live.meters.of(route, NOBODY.name)
        live.values[passage.meter.in_flight] += 1
        passage.connecting = live.loop.call_soon(passage.give_up, 429, limit.detail, limit.lines(wait))
        passage.wait(1.0)
        return False

    def _who(self, passage: Passage, limit: RouteLimit) -> bytes:
        if limit.by_identity:
            identity = self._live.routing.identity(passage.head)
            if identity is not None:
                return b"identity " + identity
        address = client_address(passage.client.peer, passage.fields.forwarded_for, self._live.trusts)
        return b"address " + neighbourhood(address).encode()


def shared_words(directory: Path) -> memoryview:
    """The memory that all workers of an instance share; without room for it, memory of our own."""
    try:
        return _mapped(directory / NAME)
    except OSError as error:
        log.warning("rate limits count in each worker alone", extra={"detail": str(error)})
        return memoryview(array("q", bytes(_SIZE)))


def _mapped(path: Path) -> memoryview:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(os.close, descriptor)
        # Not a sparse file: on a full disk the first touch of a page would kill us.
        os.posix_fallocate(descriptor, 0, _SIZE)
        return memoryview(mmap.mmap(descriptor, _SIZE)).cast("q")
