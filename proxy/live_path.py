"""What all connections of one worker share: the table in force, the backends, the counters, the tap, the clock."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import random
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from proxy.backends import Backends
from proxy.guards.guard import Guard
from proxy.heads import via_lines
from proxy.identity import IdentityCookie
from proxy.limits.doors import MAX_TURNED_AWAY, Doors
from proxy.limits.overload import Shedder
from proxy.limits.rate_limit import RateLimits
from proxy.networks import Networks
from proxy.outlet import Flushes
from proxy.patience import PACE_SECONDS
from proxy.remembering import Remembering
from proxy.tally import Meters
from proxy.taps import Taps
from proxy.tunnel import TunnelEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.accept import ClientConnection
    from proxy.fields import Refused
    from proxy.model.counters import Counters
    from proxy.model.settings import Settings
    from proxy.passage import Passage
    from proxy.replies import Failure
    from proxy.routing import Routing
    from proxy.tunnel import Tunnel

log = logging.getLogger(__name__)


class RequestLog(Protocol):
    """Where one line per request goes; must not wait. See ``access_log.AccessLog.log`` for the fields."""

    @property
    def log(self) -> Callable[..., None]: ...


class Guest(Protocol):
    """Whom the clock looks after: a client connection of either version, or a stream of HTTP/2."""

    deadline: float
    peer: str
    trusted: bool
    transport: asyncio.Transport
    tunnel: Tunnel | None

    @property
    def passage(self) -> Passage | None: ...
    def leaves_when_asked(self) -> bool: ...
    def expire(self) -> None: ...
    def check_pace(self) -> None: ...
    def drain(self) -> None: ...


FLUSH_SECONDS = 30.0
"""How long either side of an ended tunnel may take to read what it was sent."""

FIRST_ID: Final = 1 << 95
"""Above it all ids of requests have 24 digits."""

TICK_SECONDS = 0.1
"""How often deadlines are looked at: every timeout is exact to this."""


def _pseudonym(settings: Settings, secret: bytes) -> bytes:
    """This instance's name in Via, the same for all its workers and for nobody else: a request that carries it went in a circle."""
    place = f"{socket.gethostname()} {settings.run_dir} {settings.listen_host}:{settings.listen_port}"
    return b"strangler-" + hashlib.blake2s(place.encode(), key=secret[:32], digest_size=4).hexdigest().encode()


class LivePath:
    """One worker's live path. ``routing`` is swapped whole; a passage keeps the decision it began with. ``closing``: no connection
    is kept for another request; ``shed`` is not None while load is shed."""

    def __init__(
        self,
        settings: Settings,
        routing: Routing,
        secret: bytes,
        counters: Counters,
        access_log: RequestLog,
        source: str,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time()
        self.routing = routing
        self.limits = routing.table.limits
        self.counters = counters
        self.values = counters.values
        self.meters = Meters(counters)
        self.backends = Backends(self.loop, self.flush_soon, counters, partial(Guard, live=self))
        self.backends.use(routing.table.backends)
        self.identity_cookie = IdentityCookie(secret)
        self.dice = random.random
        self.draining = False
        self.closing = False
        self.shed: Shedder | None = None
        self._waiting: list[Flushes] = []
        self.clients: set[Guest] = set()
        self.streams: set[Guest] = set()
        self.most = sys.maxsize
        self.held: set[ClientConnection] = set()
        self.emptied = asyncio.Event()
        self.tap = Taps(settings, source, secret, self.meters, self._plans, routing.table)
        self.access_log = access_log
        self.pseudonym = _pseudonym(settings, secret)
        self.via = via_lines(self.pseudonym)
        self.via_http2 = via_lines(self.pseudonym, b"2.0")
        self._connections = counters.slot("strangler_connections")
        self._doors = Doors()
        self._pace_at = self.now + PACE_SECONDS
        self._http2_streams = counters.slot("strangler_streams")
        self.rate_limits = RateLimits(self, Path(settings.run_dir))
        self.rate_limits.use(routing)
        self._remembering = Remembering(counters, Path(settings.run_dir))
        self._remembering.use(routing)
        self.shedder = Shedder(self, source.split("-")[1], TICK_SECONDS)
        self._tunnels = counters.slot("strangler_tunnels")
        self._tap_bytes = counters.slot("strangler_tap_bytes")
        self._last_id = int.from_bytes(os.urandom(8)) << 32 | FIRST_ID
        self._trusted = Networks(routing.table.trusted_proxies)

    def use(self, routing: Routing) -> None:
        """Put a new table in force: one assignment, seen by the next request."""
        self.routing = routing
        self.backends.use(routing.table.backends)
        self.limits = routing.table.limits
        self.rate_limits.use(routing)
        self._remembering.use(routing)
        self._trusted = Networks(routing.table.trusted_proxies)
        self.tap.use(routing.table)

    def _plans(self) -> bytes:
        return self.routing.plans()

    def trusts(self, peer: str) -> bool:
        """Whether the peer's word on forwarding headers counts."""
        return peer in self._trusted

    def next_request_id(self) -> str:
        """Unique across workers and restarts; says nothing about anything."""
        self._last_id += 1
        return hex(self._last_id)[2:]  # noqa: FURB116 - a format is dearer where this is compiled

    def client_arrived(self, client: Guest) -> Refused | None:
        """Count it in, even if it may not stay: then the reason."""
        self.clients.add(client)
        self.values[self._connections] += 1
        if self.draining:
            self.emptied.clear()
            client.drain()
        inside = len(self.clients)
        refused = self._doors.enter(client.peer, inside=inside, limits=self.limits, trusted=client.trusted)
        if refused is not None and inside > self.limits.connections + MAX_TURNED_AWAY:
            self.counters.add("strangler_refused", reason=refused.reason)
            client.transport.abort()
            return None
        return refused

    def client_left(self, client: Guest) -> None:
        self.clients.discard(client)
        self._doors.leave(client.peer)
        self.values[self._connections] -= 1
        self._note_empty()

    def has_room(self, arriving: int = 0) -> bool:
        """Whether there are file descriptors for one more client, or stream, and its backend. ``most`` says for how many."""
        return len(self.clients) + len(self.streams) + arriving < self.most

    def stream_arrived(self, stream: Guest) -> None:
        """The doors are for connections; how many streams one of them may have is HTTP/2's business."""
        self.streams.add(stream)
        self.values[self._http2_streams] += 1

    def stream_left(self, stream: Guest) -> None:
        self.streams.discard(stream)
        self.values[self._http2_streams] -= 1

    def add_tunnel(self, change: int) -> None:
        self.values[self._tunnels] += change

    def tunnel_ended(self, tunnel: Tunnel, why: TunnelEnd) -> None:
        self.add_tunnel(-1)
        self.counters.add("strangler_tunnels_ended", reason=why)
        self.loop.call_later(FLUSH_SECONDS, tunnel.abort)

    def flush_soon(self, outlet: Flushes) -> None:
        """Flush ``outlet`` at the end of this turn of the loop; why, says ``proxy/outlet.py``."""
        waiting = self._waiting
        if not waiting:
            self.loop.call_soon(self._flush)
        waiting.append(outlet)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for outlet in waiting:
            outlet.flush()

    def tick(self) -> None:
        """Advance the coarse clock and end what has waited too long."""
        self.now = now = self.loop.time()
        self.shedder.tick(now)
        self.closing = self.draining or not self.shedder.keeps_alive
        expired = [guest for guests in (self.clients, self.streams) for guest in guests if guest.deadline < now]
        for client in expired:
            self._guarded(client, client.expire)
        if now >= self._pace_at:
            self._pace_at = now + PACE_SECONDS
            for client in (*self.clients, *self.streams):
                self._guarded(client, client.check_pace)
        for client in tuple(self.held):
            self._guarded(client, client.check_presence)
        self.backends.tick(now)
        self.rate_limits.tick()
        self._remembering.tick()
        self.values[self._tap_bytes] = self.tap.waiting_bytes

    def _guarded(self, client: Guest, do: Callable[[], None]) -> None:
        """The clock must go on for all others."""
        try:
            do()
        except Exception:
            log.exception("a deadline made us fail", extra={"peer": client.peer})
            client.transport.abort()

    def passages(self) -> Iterator[Passage]:
        """All requests that are being answered."""
        for guests in (self.clients, self.streams):
            for guest in guests:
                if guest.passage is not None:
                    yield guest.passage

    def drain(self) -> None:
        """Take nothing new; ``emptied`` is set when the last client has left."""
        self.draining = self.closing = True
        for client in list(self.clients):
            client.drain()
        self._note_empty()

    def cut(self) -> None:
        """The grace of a shutdown is over: end what is still under way."""
        for client in list(self.clients):
            if client.tunnel is not None:
                client.tunnel.close(TunnelEnd.DRAINED)
            else:
                client.transport.abort()

    def _note_empty(self) -> None:
        if self.draining and not self.clients:
            self.emptied.set()

    # Words for people: never waited for.

    def log_failure(self, passage: Passage, failure: Failure, detail: str) -> None:
        log.warning(
            "backend failed",
            extra={
                "failure": failure.value,
                "detail": detail,
                "backend": passage.backend.name,
                "endpoint": passage.endpoint.endpoint.url if passage.endpoint else "",
                "route": passage.decision.route.name,
                "request_id": passage.request_id,
            },
        )

    def log_refusal(self, client: Guest, refused: Refused, request_id: str) -> None:
        log.info(
            "refused",
            extra={
                "status": refused.status,
                "reason": refused.reason,
                "detail": refused.detail,
                "peer": client.peer,
                "request_id": request_id,
            },
        )
