"""One try at a backend: past its guard, to one of its endpoints, on an idle connection or a new one; and the end of the try."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from proxy.guards.retry import IDEMPOTENT
from proxy.heads import forwarded_head
from proxy.patience import HALF_CLOSED_SECONDS

if TYPE_CHECKING:
    from proxy.model.table import Backend
    from proxy.passage import Passage


def begin(passage: Passage, backend: Backend, *, fresh: bool = False) -> None:
    """Give the request to ``backend``, as soon as its guard lets it through. ``fresh``: on no idle connection."""
    live = passage.live
    passage.backend = backend
    route = passage.decision.route
    passage.meter = meter = live.meters.of(route.name, backend.name)
    live.values[meter.in_flight] += 1
    if not passage.head_bytes:
        passage.head_bytes = _head(passage)
    timeouts = passage.timeouts = route.timeouts or backend.timeouts
    if timeouts.total is not None:
        passage.total_at = passage.total_at or live.now + timeouts.total
    passage.failure = None
    target = passage.target = live.backends.of(backend)
    if target.guard is None or target.guard.lets(passage, fresh=fresh):
        go(passage, fresh=fresh)


def go(passage: Passage, *, fresh: bool) -> None:
    """To the backend, at last: on an idle connection if there is one fit for it, else on a new one."""
    live, timeouts = passage.live, passage.timeouts
    endpoint = passage.endpoint = passage.target.pick(passage.failed_at)
    connection = None if fresh else endpoint.pool.take(live.now, safe=passage.head.method in IDEMPOTENT)
    if connection is not None:
        live.values[passage.meter.reused] += 1
        passage.send_on(connection)
        return
    passage.wait(timeouts.connect + 1.0)
    passage.connecting = endpoint.pool.connect(timeouts.connect, passage.connected, passage.answer_failed)


def again(passage: Passage, backend: Backend) -> None:
    """Another try, on a connection of its own."""
    end(passage)
    begin(passage, backend, fresh=True)
    if passage.client.half_closed:
        hurry(passage)


def retry(passage: Passage, pause: float) -> None:
    """Another try at the same backend after a pause. Until then the failed one keeps its place at the guard."""
    assert passage.retrying is not None
    passage.retrying.retries += 1
    if not passage.body:
        passage.body = list(passage.retrying.body or ())
        passage.body_size = sum(map(len, passage.body))
    passage.client.hold_for_backend(False)
    passage.wait(pause + 1.0)
    passage.connecting = passage.live.loop.call_later(pause, again, passage, passage.backend)


def resend(passage: Passage) -> None:
    """The same try once more, on a fresh connection: the idle one was dead before it began."""
    _leave_endpoint(passage)
    go(passage, fresh=True)
    if passage.client.half_closed:
        hurry(passage)


def hurry(passage: Passage) -> None:
    """The client has ended its side, and maybe left: what is still to come must come soon."""
    soon, timeouts = HALF_CLOSED_SECONDS, passage.timeouts
    passage.timeouts = replace(timeouts, first_byte=min(timeouts.first_byte, soon), idle=min(timeouts.idle, soon))
    waits_until = passage.client.deadline
    passage.wait(soon)
    if passage.permit is not None and passage.permit.waiting:
        passage.client.deadline = min(passage.client.deadline, waits_until)


def end(passage: Passage) -> None:
    """The try is over: everybody who counts tries hears of it, once."""
    passage.live.values[passage.meter.in_flight] -= 1
    _leave_endpoint(passage)
    permit = passage.permit
    if permit is not None:
        passage.permit = None
        permit.end(passage.failure or (passage.status if passage.answer_begun else None))


def _leave_endpoint(passage: Passage) -> None:
    endpoint = passage.endpoint
    if endpoint is not None:
        passage.failed_at, passage.endpoint = endpoint, None
        if endpoint.backend.listens:
            endpoint.backend.ended(endpoint, passage.failure or (passage.status if passage.answer_begun else None))


def _head(passage: Passage) -> bytes:
    fields, client = passage.fields, passage.client
    if fields.host is None:
        # HTTP/1.0 may go without, but we speak 1.1 to the backend (RFC 9112 section 3.2).
        fields.lines.insert(0, b"Host: %b\r\n" % passage.backend.endpoints[0].authority.encode())
    return forwarded_head(
        passage.head, fields, peer=client.peer_bytes, scheme=client.scheme, http_1_0=passage.http_1_0,
        request_id=passage.request_id, upgrade=passage.upgrade is not None, via=client.via,
    )  # fmt: skip
