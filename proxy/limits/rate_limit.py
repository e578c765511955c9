"""Rate limits of routes: asks the table of clients, which all workers share, and turns away who has used up its allowance.

No request pays for this but those of routes that have a limit.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proxy.limits.buckets import WORDS, Buckets
from proxy.limits.client_address import client_address
from proxy.limits.doors import neighbourhood
from proxy.limits.route_limit import LONGEST_REMEMBERED, NOBODY, REASON
from proxy.model.resilience import Mode
from proxy.shared_words import mapped_words, own_words

if TYPE_CHECKING:
    from proxy.limits.route_limit import Client, RouteLimit
    from proxy.live_path import LivePath
    from proxy.passage import Passage
    from proxy.routing import Routing

log = logging.getLogger(__name__)

NAME: Final = "rate-limits"
"""The file in the run directory that workers share."""


class RateLimits:
    """Asks for one worker."""

    __slots__ = ("_buckets", "_directory", "_forgotten", "_live")

    def __init__(self, live: LivePath, directory: Path) -> None:
        self._live = live
        self._directory = directory
        self._buckets: Buckets | None = None
        self._forgotten = live.counters.slot("strangler_rate_forgotten")

    def use(self, routing: Routing) -> None:
        """What clients have used stays used when a table is replaced."""
        if routing.rate_limits and self._buckets is None:
            self._buckets = Buckets(shared_words(self._directory))

    def tick(self) -> None:
        if self._buckets is not None:
            self._live.values[self._forgotten] = self._buckets.forgotten

    def lets(self, passage: Passage, route: str, identity: bytes | None) -> bool:
        """Whether the passage, whose request brought ``identity``, may go on. If not, it is told so in the next turn of the loop:
        then it is known whether its connection can be kept, and a thousand of them are not a thousand nested calls."""
        live = self._live
        limit, buckets = live.routing.rate_limits[route], self._buckets
        assert buckets is not None
        number = self._number(passage, limit, identity if limit.by_identity else None)
        wait = buckets.take(limit.region, number, limit.allowance, time.monotonic_ns())
        if not wait:
            return True
        live.counters.add("strangler_rate_limited", route=route, mode=limit.mode)
        log.info(
            "rate limited",
            extra={
                "route": route,
                "mode": limit.mode,
                "client": self._address(passage),
                "request_id": passage.request_id,
            },
        )
        if limit.mode is Mode.OBSERVE:
            return True
        live.counters.add("strangler_refused", reason=REASON)
        passage.decision = limit.decision
        passage.backend = NOBODY
        passage.failure = None
        passage.meter = live.meters.of(route, NOBODY.name)
        live.values[passage.meter.in_flight] += 1
        passage.connecting = live.loop.call_soon(passage.give_up, 429, limit.detail, limit.lines(wait))
        passage.wait(1.0)
        return False

    def _number(self, passage: Passage, limit: RouteLimit, identity: bytes | None) -> int:
        """The client's number in the table of clients. Without an identity the address counts."""
        told = identity or passage.fields.forwarded_for
        client: Client
        if told is None:
            client = passage.client.peer
        elif identity is not None:
            client = identity
        else:
            client = (passage.client.peer, told)
        number = limit.numbers.get(client)
        if number is None:
            number = limit.number_of(self._who(passage, identity))
            if told is None or len(told) <= LONGEST_REMEMBERED:
                limit.remember(client, number)
        return number

    def _who(self, passage: Passage, identity: bytes | None) -> bytes:
        if identity is not None:
            return b"identity " + identity
        return b"address " + neighbourhood(self._address(passage)).encode()

    def _address(self, passage: Passage) -> str:
        return client_address(passage.client.peer, passage.fields.forwarded_for, self._live.trusts)


def shared_words(directory: Path) -> memoryview:
    """The memory that all workers of an instance share; without room for it, memory of our own."""
    try:
        return mapped_words(directory / NAME, WORDS)
    except OSError as error:
        log.warning("rate limits count in each worker alone", extra={"detail": str(error)})
        return own_words(WORDS)
