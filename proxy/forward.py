"""The backend's side: one connection to a backend, which carries one passage at a time and is reused only when clean.

The connection knows framing and reuse; what the answer means for the client is the passage's business.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Final, Protocol

import httptools

from proxy.answer_fields import InvalidAnswer, read_answer_fields, unframe
from proxy.field_table import size_of, tokens
from proxy.heads import STATUS_LINES
from proxy.outlet import Outlet
from proxy.replies import Failure

if TYPE_CHECKING:
    from proxy.answer_fields import AnswerFields
    from proxy.model.message import Headers
    from proxy.pool import Pool
    from proxy.tunnel import Tunnel

log = logging.getLogger(__name__)

MAX_INTERIM_ANSWERS: Final = 32
"""1xx answers before the final one; a backend that sends more is broken or hostile."""

MAX_ANSWER_HEAD: Final = 256 * 1024
"""Bytes that a backend may send without a byte of body: its interim answers and its head, then what frames a body, then the
trailers. One read's worth always passes, so this is no exact limit, but a bound."""

MAX_ANSWER_FIELDS: Final = 1024

MANY_PIECES: Final = 1024
"""Pieces of body in one read after which others get their turn."""

_TOO_LARGE = "more header fields than anybody needs"
_SURPLUS = "bytes after the end of the answer"


def _detail(error: httptools.HttpParserError) -> str:
    if not isinstance(error, httptools.HttpParserCallbackError):
        return str(error)
    if not isinstance(error.__context__, InvalidAnswer):
        log.error("an answer made us fail", exc_info=error.__context__)
    return str(error.__context__)


class AnswerReceiver(Protocol):
    """Who a backend connection reports to: the passage it carries."""

    is_head: bool
    http_1_0: bool
    expects: bool
    """The client may keep its body back until it is asked for (RFC 9110 section 10.1.1)."""
    upgrade: bytes | None
    """The protocol that the client asked to switch to, in lower case."""

    def interim_answer(self, status: int, line: bytes, fields: AnswerFields) -> None: ...
    def answer_head(self, status: int, line: bytes, headers: Headers, fields: AnswerFields) -> None: ...
    def answer_body(self, data: bytes) -> None: ...
    def answer_complete(self, trailers: Headers) -> None: ...
    def answer_upgraded(self, early: bytes) -> None: ...
    def answer_failed(self, failure: Failure, detail: str) -> None: ...
    def backend_writable(self, writable: bool) -> None: ...


class BackendConnection(Outlet, asyncio.Protocol):
    """One connection to one endpoint.

    ``carries`` is the passage under way or None. ``got_bytes`` tells whether anything of the present answer arrived: as
    long as not, and only on a connection that was used before, its death may mean that the backend closed it while idle.
    """

    __slots__ = (
        "_close_delimited",
        "_continued",
        "_fields",
        "_half_read",
        "_head",
        "_headers",
        "_interim",
        "_keeps_alive",
        "_more",
        "_parser",
        "_paused",
        "_reason",
        "_rests",
        "_surplus",
        "answer_done",
        "carries",
        "epoch",
        "got_bytes",
        "idle_since",
        "pool",
        "request_done",
        "reused",
        "tunnel",
    )

    answer_done: bool
    got_bytes: bool
    _close_delimited: bool
    _continued: bool
    _fields: AnswerFields | None
    _headers: Headers
    _interim: int
    _keeps_alive: bool
    _reason: bytes
    _rests: bool
    _half_read: int
    _head: bytes
    _surplus: bool

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool.flush_soon)
        self.pool = pool
        self.epoch = pool.epoch
        self.carries: AnswerReceiver | None = None
        self.tunnel: Tunnel | None = None
        self.reused = False
        self.idle_since = 0.0
        self.request_done = False
        self._paused = False
        self._more: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    # What the passage does.

    def begin(self, carries: AnswerReceiver, head: bytes) -> None:
        self.carries = carries
        self.request_done = False
        self.got_bytes = False
        self._head = head
        self._headers = []
        self._reason = b""
        self._half_read = 0
        self._interim = 0
        self._continued = False
        self._fields = None
        self.answer_done = False
        self._close_delimited = False
        self._keeps_alive = False
        self._rests = False
        self._surplus = False
        self.write(head)

    def discard(self) -> None:
        """Close without a word: whatever is on the way is nobody's any more."""
        self.carries = None
        if not self.transport.is_closing():
            self.transport.abort()

    def pause(self, paused: bool) -> None:
        """Stop or resume reading: the client cannot take more for now."""
        if self.transport.is_closing():
            return
        self._paused = paused
        if paused:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    # What the event loop does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name

    def data_received(self, data: bytes) -> None:
        if self.tunnel is not None:
            self.tunnel.from_backend(data)
            return
        carries = self.carries
        if carries is None or (self._out and self._out[0] is self._head):
            self._unasked(carries)
            return
        self.got_bytes = True
        self._half_read += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgraded(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            self._surplus = self.answer_done
            if not self._surplus:
                self._pass_on_more()
                self._invalid(_detail(error))
                return
        if self._more:
            self._pass_on_more()
        if self.answer_done:
            self._settle()
            return
        if self._half_read > MAX_ANSWER_HEAD or len(self._headers) > MAX_ANSWER_FIELDS:
            self._invalid(_TOO_LARGE)

    def eof_received(self) -> bool | None:
        if self.tunnel is not None:
            return self.tunnel.backend_ended()
        if self.carries is not None and self._close_delimited:
            # RFC 9112 section 6.3: this answer ends where the connection ends.
            self._surplus = True
            self._settle()
        return None

    def connection_lost(self, error: Exception | None) -> None:
        self.pool.forget(self)
        if self.tunnel is not None:
            self.tunnel.backend_lost()
            return
        if error is not None and self.carries is not None:
            self._read_what_is_left()
        carries = self.carries
        if carries is None:
            return
        self.carries = None
        carries.answer_failed(
            Failure.NO_ANSWER if self._fields is None else Failure.CUT_SHORT,
            str(error) if error else "the connection was closed",
        )

    def pause_writing(self) -> None:
        if self.tunnel is not None:
            self.tunnel.backend_writable(False)
        elif self.carries is not None:
            self.carries.backend_writable(False)

    def resume_writing(self) -> None:
        if self.tunnel is not None:
            self.tunnel.backend_writable(True)
        elif self.carries is not None:
            self.carries.backend_writable(True)

    # What the parser does.

    def on_message_begin(self) -> None:
        if self.answer_done:
            # Read no further: its fields would pass for this answer's trailers.
            raise InvalidAnswer(_SURPLUS)

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        carries = self.carries
        if self._surplus or carries is None:
            return
        status = self._parser.get_status_code()
        headers = self._headers
        if len(headers) > MAX_ANSWER_FIELDS or (
            self._half_read > MAX_ANSWER_HEAD and size_of(headers) > MAX_ANSWER_HEAD
        ):
            raise InvalidAnswer(_TOO_LARGE)
        line = STATUS_LINES[status, self._reason]
        if status < 200 and status != 101:
            self._interim_answer(carries, status, line)
            return
        self._headers = []
        self._half_read = 1  # begin anew; 0 is right after a piece of body
        fields = read_answer_fields(headers, dechunk=carries.http_1_0)
        if status == 101 and not self._is_wanted_upgrade(carries, fields):
            # RFC 9110 section 15.2.2: the server switches to what was asked for, or not at all.
            raise InvalidAnswer("an upgrade that nobody asked for")
        self._fields = fields
        # RFC 9112 section 6.3: these have no body, whatever their fields say.
        if carries.is_head or status in {101, 204, 304}:
            self._rests = carries.is_head or fields.chunked or bool(fields.length)
            if not carries.is_head:
                unframe(fields, keep_length=status == 304)
        else:
            self._close_delimited = not fields.chunked and fields.length is None
        carries.answer_head(status, line, headers, fields)
        if carries.is_head:
            # The parser cannot know that no body follows, so it is replaced before the next answer.
            self.answer_done = True
            self._keeps_alive = self._head_keeps_alive(fields)

    def on_body(self, data: bytes) -> None:
        if self.answer_done:
            raise InvalidAnswer(_SURPLUS)
        if not self._half_read:
            self._more.append(data)
            return
        self._half_read = 0
        if self.carries is not None:
            self.carries.answer_body(data)

    def on_message_complete(self) -> None:
        if self._fields is None:
            # The end of a 1xx answer; the real one follows.
            self._headers = []
            self._reason = b""
        else:
            self.answer_done = True
            # Only here does the parser still know how this message was framed.
            self._keeps_alive = self._parser.should_keep_alive()
            if self._fields.chunked and self._parser.get_http_version() == "1.0":
                self._keeps_alive = False  # RFC 9112 section 6.1: its sender cannot have meant it

    # Inside.

    def _is_wanted_upgrade(self, carries: AnswerReceiver, fields: AnswerFields) -> bool:
        return (
            self._parser.should_upgrade()
            and carries.upgrade is not None
            and (fields.upgrade or b"").lower() == carries.upgrade
        )

    def _interim_answer(self, carries: AnswerReceiver, status: int, line: bytes) -> None:
        self._interim += 1
        self._continued |= status == 100
        if self._interim > MAX_INTERIM_ANSWERS:
            raise InvalidAnswer("too many 1xx answers")
        fields = read_answer_fields(self._headers, dechunk=True)
        if fields.length or fields.chunked:
            # RFC 9110 section 8.6: the client takes what follows for the next answer, so nothing may follow.
            raise InvalidAnswer("a 1xx answer with a body")
        unframe(fields)
        carries.interim_answer(status, line, fields)

    def _pass_on_more(self) -> None:
        """All but the first piece of body of one read, as one: a backend that sends single bytes as chunks costs no more than that."""
        more, self._more = self._more, []
        if self.carries is not None and more:
            self.carries.answer_body(b"".join(more))
        if len(more) > MANY_PIECES and not self._paused and not self.transport.is_closing():
            # One turn of the loop brings many full reads, if nobody stops it.
            self.transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self._paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def _unasked(self, carries: AnswerReceiver | None) -> None:
        """Bytes that nobody asked for, on an idle connection or before the request was sent: never matched to a request."""
        self.pool.forget(self)
        self.discard()
        if carries is not None:
            carries.answer_failed(Failure.NO_ANSWER, "bytes before the request was sent")

    def _read_what_is_left(self) -> None:
        """A backend that answers early and closes makes our writing fail, maybe before we have read its answer."""
        transport = self.transport
        if transport.get_extra_info("sslcontext") is not None:
            return
        socket = transport.get_extra_info("socket").fileno()
        try:
            while self.carries is not None and (data := os.read(socket, MAX_ANSWER_HEAD)):
                self.data_received(data)
        except OSError:
            return  # nothing more, or only the error that we know of

    def _settle(self) -> None:
        """After an answer: back to the pool if both messages ended exactly on their boundary, else closed."""
        carries = self.carries
        if carries is None:
            return
        self.carries = None
        if carries.is_head:
            self._parser = httptools.HttpResponseParser(self)
        if self._paused:
            self.pause(False)  # a client that did not take the last piece holds up nobody but itself
        # RFC 9110 section 10.1.1: a backend that did not ask for the body may have gone on to the next request.
        reusable = self._keeps_alive and self.request_done and (self._continued or not carries.expects)
        if reusable and not self._surplus and not self.transport.is_closing():
            self.pool.put(self, rests=self._rests)
        elif not self.request_done:
            self.transport.abort()  # nobody waits until the backend has read the rest of the request
        elif not self.transport.is_closing():
            self.transport.close()
        carries.answer_complete(self._headers)

    def _head_keeps_alive(self, fields: AnswerFields) -> bool:
        """After HEAD the parser still waits for a body, so its word on keep-alive is worth nothing."""
        named = tokens(fields.connection) if fields.connection else set()
        return b"close" not in named and (self._parser.get_http_version() == "1.1" or b"keep-alive" in named)

    def _upgraded(self, early: bytes) -> None:
        carries = self.carries
        self.carries = None
        if carries is not None:
            carries.answer_upgraded(early)

    def _invalid(self, detail: str) -> None:
        carries = self.carries
        self.discard()
        if carries is not None:
            carries.answer_failed(Failure.INVALID_ANSWER, detail)
