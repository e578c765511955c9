"""A passage: one request on its way through, from the decision to the last byte of the answer. The straight line:

    start     decide who answers, count the request as seen
    send      take or open a connection to the primary, write the head, stream the body
    answer    stream the answer to the client, tee it where a copy was decided
    end       every way ends here: count, log, hand the copy to the tap

A failure before the first byte of the answer may be repaired (a dead reused connection, a fallback); after it, the client
sees the answer cut (promise 4). Neither the tee nor the tap can make any of this wait.
"""

from __future__ import annotations

import time
from time import perf_counter
from typing import TYPE_CHECKING

from proxy.fields import Refused
from proxy.match import AmbiguousTarget
from proxy.model.decision import Decision, Skip
from proxy.model.exchange import Exchange
from proxy.model.message import RequestHead
from proxy.model.table import Timeouts
from proxy.replies import FAILURES, Failure, reply
from proxy.tee import Tee
from proxy.tunnel import Tunnel

if TYPE_CHECKING:
    import asyncio

    from proxy.accept import ClientConnection
    from proxy.fields import AnswerFields, RequestFields
    from proxy.forward import BackendConnection
    from proxy.live_path import LivePath
    from proxy.model.message import Headers
    from proxy.model.table import Backend
    from proxy.tally import Meter

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
"""RFC 9110 section 9.2.2, without TRACE, which is refused."""

SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS"})
"""RFC 9110 section 9.2.1: asking another backend instead changes nothing."""

MAX_WAITING_BODY = 64 * 1024
"""Bytes of a request's body kept while the connection to the backend is being made; then the client is held."""

_NO_TRAILERS: list[tuple[bytes, bytes]] = []
_NO_TIMEOUTS = Timeouts()


class Passage:
    """One request between one client connection and one backend connection.

    Deadlines are of the worker's coarse clock, which costs nothing to read; durations are of the exact one.
    """

    __slots__ = (
        "_answer_begun",
        "_answer_chunked",
        "_body",
        "_body_size",
        "_connecting",
        "_cookie",
        "_ended",
        "_first_byte_at",
        "_head_bytes",
        "_sent_at",
        "_started_at",
        "_tee",
        "_timeouts",
        "_total_at",
        "backend",
        "bytes_in",
        "bytes_out",
        "client",
        "close_after",
        "connection",
        "decision",
        "fields",
        "head",
        "http_1_0",
        "is_head",
        "live",
        "meter",
        "request_complete",
        "request_id",
        "status",
        "trailers",
        "upgrade",
    )

    decision: Decision
    backend: Backend
    meter: Meter

    def __init__(
        self, client: ClientConnection, head: RequestHead, fields: RequestFields, *, http_1_0: bool, keep_alive: bool
    ) -> None:
        self.client = client
        self.live: LivePath = client.live
        self.head = head
        self.fields = fields
        self.http_1_0 = http_1_0
        self.close_after = not keep_alive
        self.is_head = head.method == b"HEAD"
        self.upgrade: bytes | None = None
        self.request_id = ""
        self.connection: BackendConnection | None = None
        self.request_complete = False
        self.trailers: Headers = _NO_TRAILERS
        self.bytes_in = 0
        self.bytes_out = 0
        self._body: list[bytes] = []
        self._body_size = 0
        self._head_bytes = b""
        self._cookie: bytes | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._tee: Tee | None = None
        self._answer_begun = False
        self._answer_chunked = False
        self._ended = False
        self.status = 0
        self._timeouts = _NO_TIMEOUTS
        self._total_at = 0.0
        self._started_at = perf_counter()
        self._sent_at = 0.0
        self._first_byte_at = 0.0

    # The request.

    def start(self) -> None:
        """Decide, count, send. The only place where a request meets policy."""
        live = self.live
        self.request_id = self._own_id()
        try:
            decision, token = live.routing.decide(self.head, live.dice)
        except AmbiguousTarget as error:
            raise Refused(400, "target", str(error)) from error
        self.decision = decision
        if token is not None:
            self._cookie = live.identity_cookie.issue(token)
        if decision.shadow is not None and self.upgrade is None:
            assert decision.route.shadow is not None
            self._tee = Tee(decision.route.shadow)
        self._send_to(decision.primary)

    def _own_id(self) -> str:
        given = self.fields.request_id
        return self.live.next_request_id() if given is None else given.decode("latin-1")[:128]

    def _send_to(self, backend: Backend, *, fresh: bool = False) -> None:
        """Give the request to ``backend``: on an idle connection if there is one fit for it, else on a new one."""
        live = self.live
        self.backend = backend
        decision = self.decision
        self.meter = meter = live.meters.of(decision.route.name, backend.name)
        live.values[meter.in_flight] += 1
        if not self._head_bytes:
            self._head_bytes = self._forwarded_head()
        timeouts = self._timeouts = decision.route.timeouts or backend.timeouts
        if timeouts.total is not None:
            self._total_at = self._total_at or live.now + timeouts.total
        pool = live.pools.of(backend)
        connection = None if fresh else pool.take(live.now, safe=self.head.method in IDEMPOTENT)
        if connection is not None:
            live.values[meter.reused] += 1
            self._sent_on(connection)
            return
        self._wait(timeouts.connect + 1.0)
        self._connecting = pool.connect(timeouts.connect, self._connected, self.answer_failed)

    def _connected(self, connection: BackendConnection) -> None:
        self._connecting = None
        if self._ended:
            connection.discard()
            return
        self.live.values[self.meter.opened] += 1
        self._sent_on(connection)
        self.client.hold_for_connect(False)

    def _sent_on(self, connection: BackendConnection) -> None:
        self.connection = connection
        self._sent_at = perf_counter()
        connection.begin(self, self._head_bytes)
        for data in self._body:
            self._write_body(connection, data)
        if self.request_complete:
            self._end_request(connection)
        else:
            self._wait(self._timeouts.idle)

    def _forwarded_head(self) -> bytes:
        """The request as the backend gets it: everything as sent, but for the fields of one hop and the ones that we set."""
        fields = self.fields
        client = self.client
        pieces = [self.head.method, b" ", self.head.target, b" HTTP/1.1\r\n", *fields.lines]
        peer = client.peer_bytes
        if fields.forwarded_for is not None:
            peer = fields.forwarded_for + b", " + peer
        pieces += (
            b"X-Forwarded-For: ",
            peer,
            b"\r\nX-Forwarded-Proto: ",
            fields.forwarded_proto or client.scheme,
            b"\r\nX-Forwarded-Host: ",
            fields.forwarded_host or fields.host or b"",
            # RFC 9110 section 7.6.3: a gateway appends itself, with the version that it received.
            b"\r\nVia: 1.0 strangler\r\n" if self.http_1_0 else b"\r\nVia: 1.1 strangler\r\n",
        )
        if fields.request_id is None:
            pieces += (b"X-Request-Id: ", self.request_id.encode("latin-1"), b"\r\n")
        if self.upgrade is not None:
            pieces += (b"Connection: Upgrade\r\nUpgrade: ", fields.upgrade or b"", b"\r\n")
        pieces.append(b"\r\n")
        return b"".join(pieces)

    def _wait(self, seconds: float) -> None:
        """Patience for the next step, never beyond the limit for the whole, if there is one."""
        deadline = self.live.now + seconds
        self.client.deadline = min(deadline, self._total_at) if self._total_at else deadline

    def request_body(self, data: bytes) -> None:
        self.bytes_in += len(data)
        if self._tee is not None:
            self._tee.request_body(data)
        connection = self.connection
        if connection is not None:
            self._write_body(connection, data)
            self._wait(self._timeouts.idle)
        elif not self._ended:
            self._body.append(data)
            self._body_size += len(data)
            if self._connecting is not None and self._body_size > MAX_WAITING_BODY:
                self.client.hold_for_connect(True)

    def _write_body(self, connection: BackendConnection, data: bytes) -> None:
        if self.fields.chunked:
            connection.write(b"%x\r\n%b\r\n" % (len(data), data))
        else:
            connection.write(data)

    def request_body_complete(self, trailers: Headers) -> None:
        self.request_complete = True
        self.trailers = trailers
        if self.connection is not None:
            self._end_request(self.connection)

    def _end_request(self, connection: BackendConnection) -> None:
        if self.fields.chunked:
            connection.write(_last_chunk(self.trailers))
        connection.request_done = True
        if not self._answer_begun:
            self._wait(self._timeouts.first_byte)

    # The answer.

    def interim_answer(self, status: int, reason: bytes, fields: AnswerFields) -> None:
        """RFC 9110 section 15.2: 1xx answers are passed on, except to HTTP/1.0, which does not know them."""
        if not self.http_1_0:
            self.client.write(b"".join((b"HTTP/1.1 %d %b\r\n" % (status, reason), *fields.lines, b"\r\n")))

    def answer_head(self, status: int, reason: bytes, headers: Headers, fields: AnswerFields) -> None:
        self._answer_begun = True
        self._first_byte_at = perf_counter()
        self.status = status
        client = self.client
        self._wait(self._timeouts.idle)
        if self._tee is not None:
            self._tee.answer_head = _raw_head(status, reason, headers)
        pieces = [b"HTTP/1.1 %d %b\r\n" % (status, reason), *fields.lines]
        if status == 101:
            pieces += (b"Connection: Upgrade\r\nUpgrade: ", fields.upgrade or b"", b"\r\n\r\n")
            client.write(b"".join(pieces))
            return
        self._answer_chunked = self._frame_answer(status, fields, pieces)
        if self._cookie is not None:
            pieces += (b"Set-Cookie: ", self._cookie, b"\r\n")
        if not self.request_complete or self.live.draining or self.upgrade is not None:
            # What is left of the request can no longer be told from the next one.
            self.close_after = True
        if self.close_after:
            pieces.append(b"Connection: close\r\n")
        elif self.http_1_0:
            pieces.append(b"Connection: keep-alive\r\n")
        pieces.append(b"\r\n")
        client.write(b"".join(pieces))

    def _frame_answer(self, status: int, fields: AnswerFields, pieces: list[bytes]) -> bool:
        """Keep the backend's framing where the client can read it; says whether the answer goes out in chunks."""
        if self.is_head or status in {204, 304}:
            return False
        if fields.chunked:
            if self.http_1_0:
                self.close_after = True
            return not self.http_1_0
        if fields.length is not None:
            return False
        if self.http_1_0:
            self.close_after = True
            return False
        # Ends where the backend's connection ends; in chunks the client can tell a whole answer from a cut one.
        pieces.append(b"Transfer-Encoding: chunked\r\n")
        return True

    def answer_body(self, data: bytes) -> None:
        if self._tee is not None:
            self._tee.answer_body(data)
        size = len(data)
        self.bytes_out += size
        if self._answer_chunked:
            self.client.write(b"%x\r\n%b\r\n" % (size, data))
        else:
            self.client.write(data)
        self._wait(self._timeouts.idle)

    def answer_complete(self, trailers: Headers) -> None:
        if self._answer_chunked:
            self.client.write(_last_chunk(trailers))
        self.connection = None
        # Without a tee although a copy was decided: an upgrade that the backend declined.
        self._end(Skip.UPGRADE if self._tee is None else self._tee.skip)

    def answer_upgraded(self, early: bytes) -> None:
        """RFC 9110 section 7.8: after the 101 both directions are another protocol's."""
        connection, self.connection = self.connection, None
        assert connection is not None
        self._end(Skip.UPGRADE)
        live = self.live
        live.add_tunnel(1)
        tunnel = Tunnel(self.client.transport, connection.transport, live.now, lambda: live.add_tunnel(-1))
        connection.tunnel = tunnel
        self.client.enter_tunnel(tunnel)
        if early:
            tunnel.from_backend(early)

    # Failures.

    def answer_failed(self, failure: Failure, detail: str) -> None:
        """The backend failed. Repair it where nothing was sent and a repeat is safe; else tell the client, or cut."""
        connection, decision = self.connection, self.decision
        self._connecting = None
        self.connection = None
        if self._ended:
            return
        if self._answer_begun:
            self._cut(failure)
            return
        if connection is not None and self._may_resend(failure, connection):
            self._leave_backend()
            self.live.counters.add("strangler_retries", backend=self.backend.name)
            self._send_to(self.backend, fresh=True)
            return
        self._count_failure(failure, detail)
        status, sentence = FAILURES[failure]
        fallback = self._fallback()
        if fallback is not None and decision.route.retired and fallback.is_legacy:
            self.live.counters.add("strangler_refused", reason="retired")
            status, sentence = 410, "This route is retired; the monolith is not asked any more."
        elif fallback is not None:
            self._fall_back(fallback)
            return
        self._reply(status, sentence)
        self._end(Skip.NO_ANSWER)

    def _may_resend(self, failure: Failure, connection: BackendConnection) -> bool:
        """RFC 9110 section 9.2.2 (promise 3): the reused connection was dead before one byte of answer."""
        return (
            failure is Failure.NO_ANSWER
            and connection.reused
            and not connection.got_bytes
            and self.request_complete
            and not self.bytes_in
            and self.head.method in IDEMPOTENT
        )

    def _fallback(self) -> Backend | None:
        """Who may answer instead: only on a safe request of which nothing is lost yet."""
        decision, backend = self.decision, self.backend
        name = decision.route.fallback
        if name is None or name == backend.name or self.head.method not in SAFE or self.bytes_in:
            return None
        return self.live.routing.table.backends.get(name)

    def _fall_back(self, backend: Backend) -> None:
        if self._tee is not None:
            self._tee.give_up(Skip.FALLBACK)
        self.live.counters.add("strangler_fallbacks", route=self.decision.route.name)
        self._leave_backend()
        self._send_to(backend)

    def _leave_backend(self) -> None:
        self.live.values[self.meter.in_flight] -= 1

    def _count_failure(self, failure: Failure, detail: str) -> None:
        self.live.counters.add("strangler_backend_failures", backend=self.backend.name, kind=failure)
        self.live.log_failure(self, failure, detail)

    def expire(self) -> None:
        """The deadline passed: the backend was too slow, or nobody made progress."""
        failure = Failure.FIRST_BYTE_TIMEOUT
        if self._total_at and self.live.now >= self._total_at:
            failure = Failure.TOTAL_TIMEOUT
        elif self._answer_begun or not self.request_complete:
            failure = Failure.IDLE_TIMEOUT
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.discard()
        elif self._connecting is not None:
            self._connecting.cancel()
            failure = Failure.CONNECT_TIMEOUT
        self.answer_failed(failure, "deadline passed")

    def request_broken(self, refused: Refused) -> None:
        """The rest of the request is not HTTP: the backend sees it aborted, never as a whole (promise 2)."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.discard()
        elif self._connecting is not None:
            self._connecting.cancel()
        self.live.counters.add("strangler_refused", reason=refused.reason)
        self.live.log_refusal(self.client, refused, self.request_id)
        if self._answer_begun:
            self.client.abort()
        else:
            self._reply(refused.status, refused.detail)
        self._end(Skip.CLIENT_GONE)

    def _cut(self, failure: Failure) -> None:
        """Promise 4: no last chunk, no clean end."""
        self._count_failure(failure, "after the answer had begun")
        self.close_after = True
        self.client.abort()
        self._end(Skip.CUT_SHORT)

    def _reply(self, status: int, sentence: str) -> None:
        if not self.request_complete:
            self.close_after = True
        self.status = status
        self.client.write(
            reply(
                status, sentence, self.request_id, close=self.close_after or self.live.draining, head_only=self.is_head
            )
        )

    def client_gone(self) -> None:
        """Nobody waits for the answer any more: the backend may stop working on it."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.discard()
        if self._connecting is not None:
            self._connecting.cancel()
        if not self._ended:
            self.status = 499
            self._end(Skip.CLIENT_GONE)

    # Back-pressure.

    def flush(self) -> None:
        self.client.flush()

    def backend_writable(self, writable: bool) -> None:
        self.client.hold_for_backend(not writable)

    def client_writable(self, writable: bool) -> None:
        if self.connection is not None:
            self.connection.pause(not writable)

    # The end of every way.

    def _end(self, skip: Skip | None) -> None:
        if self._ended:
            return
        self._ended = True
        live, decision, meter = self.live, self.decision, self.meter
        took = perf_counter() - self._started_at
        live.values[meter.in_flight] -= 1
        meter.answered(self.status, took)
        if decision.skip is not None:
            skip = decision.skip
        elif skip is None:
            skip = live.tap.offer(self._exchange(decision))
        meter.route.taken(skip)
        live.access_log.log(
            decision.route.name,
            self.backend.name,
            decision.reason,
            skip,
            self.head.method,
            self.head.target,
            self.status,
            self.bytes_in,
            self.bytes_out,
            took,
            self._first_byte_at - self._sent_at if self._answer_begun else None,
            self.request_id,
            self.client.peer,
        )
        self.client.passage_ended(self)

    def _exchange(self, decision: Decision) -> Exchange:
        tee = self._tee
        assert tee is not None
        assert decision.shadow is not None
        now = perf_counter()
        return Exchange(
            id=self.request_id,
            route=decision.route.name,
            table_version=self.live.routing.table.version,
            primary=decision.primary.name,
            shadow=decision.shadow.name,
            started_at=time.time() - (now - self._started_at),
            first_byte=self._first_byte_at - self._sent_at,
            total=now - self._sent_at,
            request_head=self._head_bytes,
            request_body=b"".join(tee.request),
            answer_head=tee.answer_head,
            answer_body=b"".join(tee.answer),
        )


def _raw_head(status: int, reason: bytes, headers: Headers) -> bytes:
    pieces = [b"HTTP/1.1 %d %b\r\n" % (status, reason)]
    for name, value in headers:
        pieces += (name, b": ", value, b"\r\n")
    pieces.append(b"\r\n")
    return b"".join(pieces)


def _last_chunk(trailers: Headers) -> bytes:
    """RFC 9112 section 7.1.2; fields that frame or route have no business in trailers (RFC 9110 section 6.5.1)."""
    if not trailers:
        return b"0\r\n\r\n"
    pieces = [b"0\r\n"]
    for name, value in trailers:
        if name.lower() not in FORBIDDEN_TRAILERS:
            pieces += (name, b": ", value, b"\r\n")
    pieces.append(b"\r\n")
    return b"".join(pieces)


FORBIDDEN_TRAILERS = frozenset(
    {
        b"transfer-encoding", b"content-length", b"host", b"connection", b"trailer", b"te", b"upgrade", b"authorization",
        b"cookie", b"set-cookie", b"content-encoding", b"content-type", b"content-range", b"x-forwarded-for", b"x-shadow",
        b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"expect", b"cache-control", b"location", b"www-authenticate",
    }
)  # fmt: skip
"""Never taken from a trailer section, where nobody expects them."""
