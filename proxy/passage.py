"""A passage: one request on its way through, from the decision to the last byte of the answer. The straight line:

    start     decide who answers, count the request as seen
    send      once the backend's guard agrees, on an idle or a new connection (``attempt``): write the head, stream the body
    answer    stream the answer to the client, tee it where a copy was decided
    end       every way ends here: count, log, hand the copy to the tap

A failure before the first byte of the answer may be repaired (a dead reused connection, a fallback); after it, the client
sees the answer cut (promise 4). Neither the tee nor the tap can make any of this wait.
"""

from __future__ import annotations

import time
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

from proxy import attempt
from proxy.admission import admit
from proxy.guards.retry import MAX_KEPT_BODY, OF_STATUS, Retrying
from proxy.heads import captured_head, chunk, frame_answer, last_chunk
from proxy.mend import mend_failure, mend_lateness, mend_status
from proxy.model.decision import Decision, Skip
from proxy.model.message import Headers, RequestHead
from proxy.model.redact import NO_RULES
from proxy.model.secret_names import plain_id
from proxy.model.table import Timeouts
from proxy.patience import CONTINUE_SECONDS
from proxy.refusals import check_size
from proxy.replies import Failure, reply
from proxy.tunnel import Tunnel

if TYPE_CHECKING:
    from proxy.accept import ClientConnection
    from proxy.answer_fields import AnswerFields
    from proxy.backends import LiveBackend
    from proxy.endpoints.live_endpoint import LiveEndpoint
    from proxy.fields import Refused, RequestFields
    from proxy.forward import BackendConnection
    from proxy.guards.guard import Permit
    from proxy.live_path import LivePath
    from proxy.model.exchange import Exchange
    from proxy.model.table import Backend, Table
    from proxy.tally import Meter
    from proxy.tee import Tee

_NO_TRAILERS: Final[list[tuple[bytes, bytes]]] = []
_NO_TIMEOUTS: Final = Timeouts()


class Awaited(Protocol):
    """What comes before a connection: a turn at the guard, a pause before a retry, the connecting."""

    def cancel(self) -> object: ...


class Passage:
    """One request between one client connection and one backend connection.

    Deadlines are of the worker's coarse clock, which costs nothing to read; durations are of the exact one.
    """

    __slots__ = (
        "_answer_chunked", "_ended", "_first_byte_at", "_sent_at", "_started_at", "answer_begun", "backend", "body", "body_size",
        "body_time", "bytes_in", "bytes_out", "client", "close_after", "connecting", "connection", "continued", "cookie",
        "decision", "endpoint", "expects", "failed_at", "failure", "fields", "head", "head_bytes", "http_1_0", "is_head", "live",
        "max_body", "meter", "permit", "request_complete", "request_id", "retrying", "status", "table", "target", "tee",
        "timeouts", "total_at", "trailers", "upgrade",
    )  # fmt: skip

    decision: Decision
    backend: Backend
    meter: Meter
    table: Table
    target: LiveBackend
    failure: Failure | int | None

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
        self.expects = fields.expects
        self.request_id = ""
        self.connection: BackendConnection | None = None
        self.trailers: Headers = _NO_TRAILERS
        self.bytes_in = self.bytes_out = self.body_size = self.status = 0
        self.body: list[bytes] = []
        self.head_bytes = b""
        self.cookie: bytes | None = None
        self.connecting: Awaited | None = None
        self.endpoint: LiveEndpoint | None = None
        self.failed_at: LiveEndpoint | None = None
        self.permit: Permit | None = None
        self.retrying: Retrying | None = None
        self.tee: Tee | None = None
        self.request_complete = self.continued = self.answer_begun = self._answer_chunked = self._ended = False
        self.timeouts = _NO_TIMEOUTS
        self.total_at = self.body_time = 0.0
        self.max_body: int | None = None
        self._started_at = perf_counter()
        self._sent_at = self._first_byte_at = 0.0

    # The request.

    def start(self) -> None:
        """Decide, count, send. Raises Refused."""
        live = self.live
        given = self.fields.request_id
        self.request_id = live.next_request_id() if given is None else plain_id(given)
        self.table = live.routing.table  # the next one may lack our backends
        decision = admit(self)
        if decision is None:
            return
        self.decision = decision
        if (retries := decision.route.retries) is not None:
            self.retrying = Retrying(retries)
            live.backends.of(decision.primary).budget.requested(live.now)
        attempt.begin(self, decision.primary)

    def connected(self, connection: BackendConnection) -> None:
        self.connecting = None
        if self._ended:
            connection.discard()
            return
        if connection.transport.is_closing():
            self.answer_failed(Failure.NO_ANSWER, "the connection was closed as soon as it was made")
            return
        self.live.values[self.meter.opened] += 1
        self.send_on(connection)
        self.client.hold_for_connect(False)

    def send_on(self, connection: BackendConnection) -> None:
        self.connection = connection
        self._sent_at = perf_counter()
        connection.begin(self, self.head_bytes)
        if self.client.blocked:
            connection.pause(True)
        if self.body:
            for data in self.body:
                self._write_body(connection, data)
            self.body.clear()
            self.body_size = 0
        if self.request_complete:
            self._end_request(connection)
        else:
            self.wait(CONTINUE_SECONDS if self.expects and not self.bytes_in else self.timeouts.idle)

    def wait(self, seconds: float) -> None:
        """Patience for the next step, never beyond the limit for the whole, if there is one."""
        deadline = self.live.now + seconds
        total_at = self.total_at
        self.client.deadline = total_at if total_at and total_at < deadline else deadline

    def request_body(self, data: bytes) -> None:
        """Raises Refused."""
        self.bytes_in += len(data)
        if self.tee is not None:
            self.tee.request_body(data)
        if self.max_body is not None:
            check_size(self.bytes_in, self.max_body)
        if self.retrying is not None:
            self.retrying.keep(data)
        connection = self.connection
        if connection is not None:
            self._write_body(connection, data)
            self.wait(self.timeouts.idle)
        elif not self._ended:
            self.body.append(data)
            self.body_size += len(data)
            if self.connecting is not None and self.body_size > MAX_KEPT_BODY:
                self.client.hold_for_connect(True)

    def _write_body(self, connection: BackendConnection, data: bytes) -> None:
        connection.write(chunk(data) if self.fields.chunked else data)

    def request_body_complete(self, trailers: Headers) -> None:
        self.request_complete = True
        self.trailers = trailers
        if self.connection is not None:
            self._end_request(self.connection)

    def _end_request(self, connection: BackendConnection) -> None:
        if self.fields.chunked:
            connection.write(last_chunk(self.trailers))
        connection.request_done = True
        if not self.answer_begun:
            self.wait(self.timeouts.first_byte)

    # The answer.

    def interim_answer(self, status: int, line: bytes, fields: AnswerFields) -> None:
        """RFC 9110 section 15.2: 1xx answers are passed on, except to HTTP/1.0, which does not know them."""
        if status == 100:
            if self.continued:
                return
            self.continued = True
            if not self.request_complete:
                self.wait(self.timeouts.idle)
        if not self.http_1_0:
            self.client.write(b"".join((line, *fields.lines, b"\r\n")))

    def answer_head(self, status: int, line: bytes, headers: Headers, fields: AnswerFields) -> None:
        if self.permit is not None:
            self.permit.answered(status)
        if self.retrying is not None and status in OF_STATUS and mend_status(self, status, headers):
            return
        self.answer_begun = True
        self._first_byte_at = perf_counter()
        self.status = status
        self.wait(self.timeouts.idle)
        if self.tee is not None:
            self.tee.answer_head = captured_head(line, headers)
        pieces = [line, *fields.lines]
        if status == 101:
            pieces += (b"Connection: Upgrade\r\nUpgrade: ", fields.upgrade or b"", b"\r\n\r\n")
            self.client.write(b"".join(pieces))
            return
        framing = frame_answer(status, fields, is_head=self.is_head, http_1_0=self.http_1_0)
        self._answer_chunked = framing.chunked
        pieces.append(framing.line)
        if self.cookie is not None:
            pieces += (b"Set-Cookie: ", self.cookie, b"\r\n")
        if framing.closes or not self.request_complete or self.live.closing or self.upgrade is not None:
            # What is left of the request, or the end of this answer, cannot be told from what comes next.
            self.close_after = True
        if status == 426 and fields.upgrade is not None:
            # RFC 9110 section 15.5.22: here Upgrade is what the answer is about.
            pieces += (b"Connection: Upgrade\r\nUpgrade: ", fields.upgrade, b"\r\n")
        if self.close_after:
            pieces.append(b"Connection: close\r\n")
        elif self.http_1_0:
            pieces.append(b"Connection: keep-alive\r\n")
        pieces.append(b"\r\n")
        self.client.write(b"".join(pieces))

    def answer_body(self, data: bytes) -> None:
        if self.tee is not None:
            self.tee.answer_body(data)
        self.bytes_out += len(data)
        self.client.write(chunk(data) if self._answer_chunked else data)
        self.wait(self.timeouts.idle)

    def answer_complete(self, trailers: Headers) -> None:
        self.connection = None
        if self._answer_chunked:
            self.client.write(last_chunk(trailers))
        # Without a tee although a copy was decided: an upgrade that the backend declined.
        self._end((self.tee.skip if self.tee else Skip.UPGRADE) if self.request_complete else Skip.CUT_SHORT)

    def answer_upgraded(self, early: bytes) -> None:
        """RFC 9110 section 7.8: after the 101 both directions are another protocol's."""
        connection, self.connection = self.connection, None
        assert connection is not None
        self._end(Skip.UPGRADE)
        self.live.add_tunnel(1)
        tunnel = Tunnel(self.client.transport, connection.transport, self.live, self.timeouts.tunnel)
        connection.tunnel = tunnel
        self.client.enter_tunnel(tunnel)
        if early:
            tunnel.from_backend(early)

    # When something goes wrong. What is done about it stands in ``mend``; these are the ways out that it may take.

    def answer_failed(self, failure: Failure, detail: str) -> None:
        """The backend failed, or could not be reached."""
        connection, self.connection, self.connecting = self.connection, None, None
        if not self._ended:
            mend_failure(self, failure, detail, connection)

    def expire(self) -> None:
        """The deadline passed: the backend was too slow, or the client, or nobody made progress."""
        mend_lateness(self)

    def request_broken(self, refused: Refused) -> None:
        """The rest of the request is not HTTP: the backend sees it aborted, never as a whole (promise 2)."""
        self.let_go()
        self.live.counters.add("strangler_refused", reason=refused.reason)
        self.live.log_refusal(self.client, refused, self.request_id)
        if self.answer_begun:
            self.client.abort(reset=self.http_1_0)
        else:
            self.tell(refused.status, refused.detail)
        self._end(Skip.CLIENT_GONE)

    def client_gone(self) -> None:
        """Nobody waits for the answer any more: the backend may stop working on it."""
        self.let_go()
        if not self._ended:
            self.status = 499
            self._end(Skip.CLIENT_GONE)

    def fall_back(self, backend: Backend) -> None:
        """``backend`` answers instead of the primary, so there is nothing to compare."""
        decision = self.decision
        if self.tee is not None:
            # Of a candidate that failed, this is evidence; of the control, a loss.
            self.tee.give_up(Skip.NO_ANSWER if decision.primary.is_legacy else Skip.FALLBACK)
        self.live.counters.add("strangler_fallbacks", route=decision.route.name)
        attempt.again(self, backend)

    def cut(self) -> None:
        """The answer had begun and does not end: the client must see that (promise 4)."""
        self.client.abort(reset=self.http_1_0)
        self._end(self._unanswered(Skip.CUT_SHORT))

    def give_up(self, status: int, sentence: str, lines: bytes = b"") -> None:
        """No backend answers, so we do. ``lines`` are further header lines, each with its end."""
        self.tell(status, sentence, lines)
        self._end(self._unanswered(Skip.NO_ANSWER))

    def _unanswered(self, skip: Skip) -> Skip:
        """Of the control it is a loss. Of a candidate that was to answer it is evidence, also if its fallback failed as well; not
        if it was the client that took the time."""
        if self.decision.primary.is_legacy or self.failure is None:
            return skip
        return Skip.CANDIDATE_FAILED

    def let_go(self) -> None:
        """Of the backend: what it still sends is nobody's any more."""
        if self.connection is not None:
            self.connection.discard()
        if self.connecting is not None:
            self.connecting.cancel()
        self.connection = self.connecting = None

    def tell(self, status: int, sentence: str, lines: bytes = b"") -> None:
        """An answer of our own."""
        if not self.request_complete or self.upgrade is not None:
            self.close_after = True
        self.status = status
        close = self.close_after or self.live.closing
        self.client.write(reply(status, sentence, self.request_id, close=close, head_only=self.is_head, headers=lines))

    # Back-pressure.

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
        attempt.end(self)
        meter.answered(self.status, took)
        if decision.skip is not None:
            skip = decision.skip
        elif skip is None:
            skip = live.tap.offer(self._captured(took))
        meter.route.taken(skip)
        first_byte = self._first_byte_at - self._sent_at if self.answer_begun else None
        redact, target = decision.route.redact, self.head.target
        if redact is not NO_RULES:
            target = redact.loggable(target)
        live.access_log.log(
            decision.route.name, self.backend.name, decision.reason, skip, self.head.method, target,
            self.status, self.bytes_in, self.bytes_out, took, first_byte, self.request_id, self.client.peer,
        )  # fmt: skip
        self.client.passage_ended(self)

    def _captured(self, took: float) -> Exchange:
        assert self.tee is not None
        return self.tee.exchange(
            self.request_id, self.decision, identity=self.live.routing.identity(self.head),
            table_version=self.table.version, request_head=self.head_bytes,
            started_at=time.time() - took, first_byte=self._first_byte_at - self._sent_at,
            total=took - (self._sent_at - self._started_at),
        )  # fmt: skip
