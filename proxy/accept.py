"""The client's side: one connection, whose requests become passages one after the other.

What is ambiguous is refused here, before any backend sees a byte (promise 2): the parser refuses broken syntax and framing,
``fields`` what the parser lets through. Pipelined requests wait in order; reading stops while any waits, so one read's
worth of them is the bound.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

import httptools

from proxy.field_table import size_of
from proxy.fields import Refused, end_to_end, protocol_of, read_request_fields
from proxy.mend import hurry
from proxy.model.message import Headers, RequestHead
from proxy.outlet import Outlet
from proxy.passage import Passage
from proxy.patience import HEAD_SECONDS, KEEP_ALIVE_SECONDS, LINGER_SECONDS, MAX_HALF_READ, STALL_SECONDS, Hold
from proxy.refusals import MAX_FIELDS, MAX_HEAD, MAX_TARGET, check_authority, refusal_of, too_large, too_long
from proxy.replies import reply

if TYPE_CHECKING:
    from proxy.fields import RequestFields
    from proxy.live_path import LivePath
    from proxy.tunnel import Tunnel

log = logging.getLogger(__name__)

MAX_EARLY = 64 * 1024

_REFUSED_METHODS = {b"CONNECT", b"TRACE"}


class ClientConnection(Outlet, asyncio.Protocol):
    """One client connection. ``passage`` is the request being answered, ``deadline`` when patience ends (loop time),
    ``blocked`` tells that the client does not take what we send, ``half_closed`` that it sends no more."""

    __slots__ = (
        "_early", "_fed", "_headers", "_hold", "_in_head", "_incoming", "_lingering", "_parser",
        "_pending_refusal", "_priming", "_queue", "_read", "_reframe", "_target", "blocked", "closed",
        "deadline", "half_closed", "live", "passage", "peer", "peer_bytes", "scheme", "trusted", "tunnel",
    )  # fmt: skip

    def __init__(self, live: LivePath) -> None:
        super().__init__(live.flush_soon)
        self.live = live
        self.passage: Passage | None = None
        self.tunnel: Tunnel | None = None
        self.closed = False
        self.blocked = False
        self.half_closed = False
        self.peer = ""
        self.peer_bytes = b""
        self.scheme = b"http"
        self.trusted = False
        self._parser = httptools.HttpRequestParser(self)
        self._headers: Headers = []
        self._target = b""
        self._fed = 0
        self._read = 0
        self._in_head = False
        self._incoming: Passage | None = None
        self._queue: deque[Passage] = deque()
        self._hold = Hold(0)
        self._lingering = False
        self._pending_refusal: Refused | None = None
        self._priming = False
        self._reframe: RequestFields | None = None
        self._early: bytearray | None = None
        self.deadline = live.now + HEAD_SECONDS

    # What the event loop does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else "unix"
        self.peer_bytes = self.peer.encode()
        self.trusted = self.live.trusts(self.peer)
        self.live.client_arrived(self)

    def data_received(self, data: bytes) -> None:
        if self.tunnel is not None:
            self.tunnel.from_client(data)
        elif self._early is not None:
            self._keep_early(data)
        elif not self._lingering:
            self._feed(data)

    def eof_received(self) -> bool | None:
        self.flush()
        return self.tunnel.client_ended() if self.tunnel is not None else self._ended()

    def _ended(self) -> bool | None:
        """The client sends no more. It may have left, or wait for what it asked for in whole (RFC 9112 section 9.6): nobody can
        tell before it is written to. True keeps our side open until it is answered."""
        passage, incoming = self.passage, self._incoming
        if passage is None or passage is incoming or self._early is not None or not self.transport.can_write_eof():
            return None
        if incoming is not None:
            self._queue.remove(incoming)
            self._incoming = None
        self.half_closed = True
        hurry(passage)
        return True

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        self.closed = True
        self.live.client_left(self)
        self._queue.clear()
        if self.tunnel is not None:
            self.tunnel.client_lost()
        elif self.passage is not None:
            self.passage.client_gone()

    def pause_writing(self) -> None:
        self._writable(False)

    def resume_writing(self) -> None:
        self._writable(True)

    def _writable(self, writable: bool) -> None:
        self.blocked = not writable
        if self.tunnel is not None:
            self.tunnel.client_writable(writable)
        elif self.passage is not None:
            self.passage.client_writable(writable)

    # Parsing.

    def _feed(self, data: bytes) -> None:
        self._read = len(data)
        self._fed += self._read
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._parsed_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, Refused):
                self._refuse(error.__context__)
            else:
                log.exception("a request made us fail", extra={"peer": self.peer})
                self._refuse(Refused(500, "internal", "The proxy failed to handle this request."))
        except httptools.HttpParserError as error:
            self._refuse(refusal_of(str(error), data))
        else:
            if not self._in_head and not self._headers:
                self._fed = 0  # neither a head nor trailers are half read
            elif self._fed > MAX_HALF_READ or len(self._headers) > MAX_FIELDS:
                self._refuse(too_large())

    def on_message_begin(self) -> None:
        if self._priming:
            return
        self._target = b""
        self._headers = []
        self._in_head = True
        self._fed = self._read  # what came in earlier reads was another message's
        if self.passage is None:
            self.deadline = self.live.now + HEAD_SECONDS

    def on_url(self, part: bytes) -> None:
        if self._priming:
            return
        self._target += part
        if len(self._target) > MAX_TARGET:
            raise too_long()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._priming:
            return
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._priming:
            return
        parser = self._parser
        method = parser.get_method()
        if method in _REFUSED_METHODS:
            raise Refused(405, "method", "CONNECT and TRACE do not pass through here.")
        http_1_0 = parser.get_http_version() == "1.0"
        headers = self._headers
        self._headers = []
        self._in_head = False
        if len(headers) > MAX_FIELDS or (self._fed > MAX_HEAD and size_of(headers) > MAX_HEAD):
            raise too_large()
        fields = read_request_fields(headers, trusted=self.trusted, http_1_0=http_1_0)
        if fields.via is not None and self.live.pseudonym in fields.via:
            raise Refused(508, "loop", "This request has been here before: a backend leads back to this proxy.")
        head = RequestHead(method, self._target, headers, fields.host, fields.cookie)
        if not self._target.startswith(b"/"):
            check_authority(head)
        passage = Passage(self, head, fields, http_1_0=http_1_0, keep_alive=parser.should_keep_alive())
        if parser.should_upgrade():
            self._choose_upgrade(passage)
        self._incoming = passage
        if self.passage is None:
            self._start(passage)
        else:
            self._queue.append(passage)
            self._holding(Hold.QUEUE, True)

    def on_body(self, data: bytes) -> None:
        if self._incoming is not None:
            self._incoming.request_body(data)

    def on_message_complete(self) -> None:
        incoming = self._incoming
        if incoming is None or self._reframe is not None:
            return
        trailers, self._headers = self._headers, []
        if trailers:
            if len(trailers) > MAX_FIELDS:
                raise too_large()
            trailers = end_to_end(trailers)
        self._incoming = None
        incoming.request_body_complete(trailers)

    # Upgrades.

    def _choose_upgrade(self, passage: Passage) -> None:
        """Pass the upgrade on, or forget it and treat the request as a plain one (RFC 9110 section 7.8 allows either).

        The parser ends an upgrade request at its head. A body must still be read as a body, else its bytes would be taken for
        the next request: such a request is framed anew.
        """
        fields = passage.fields
        fields.upgrade = token = protocol_of(fields.upgrade or b"", passage.head.method)
        if token is None or passage.http_1_0 or fields.has_body:
            self._reframe = fields
        else:
            passage.upgrade = token.lower()

    def _parsed_upgrade(self, rest: bytes) -> None:
        fields, self._reframe = self._reframe, None
        if fields is None:
            self._early = bytearray()
            self._keep_early(rest)
            return
        framing = (
            b"Transfer-Encoding: chunked\r\n" if fields.chunked else b"Content-Length: %d\r\n" % (fields.length or 0)
        )
        self._parser = httptools.HttpRequestParser(self)
        self._priming = True
        self._feed(b"POST / HTTP/1.1\r\nHost: reframed\r\n" + framing + b"\r\n")
        self._priming = False
        if rest:
            self._feed(rest)

    def _keep_early(self, data: bytes) -> None:
        """Bytes sent before the 101: delivered after it, dropped on refusal, never parsed as HTTP."""
        assert self._early is not None
        self._early += data
        if len(self._early) > MAX_EARLY:
            self._holding(Hold.EARLY, True)

    def enter_tunnel(self, tunnel: Tunnel) -> None:
        self.flush()
        self.tunnel = tunnel
        early, self._early = self._early, None
        self._hold = Hold(0)
        self.deadline = tunnel.look()
        tunnel.backend_writable(True)
        tunnel.client_writable(not self.blocked)
        if early:
            tunnel.from_client(bytes(early))

    # Passages.

    def _start(self, passage: Passage) -> None:
        """Raises Refused."""
        self.passage = passage
        try:
            passage.start()
        except Refused:
            self.passage = None
            self._incoming = None
            raise

    def passage_ended(self, passage: Passage) -> None:
        """The next one, if any waits and the connection is still good for it."""
        self.passage = None
        if self.closed or self.tunnel is not None:
            return
        if passage.status == 101:
            return
        if self._hold:
            self._holding(Hold.BACKEND | Hold.CONNECT, False)
        if passage.close_after or (self.live.draining and not self._queue):
            self._close(linger=bool(not passage.request_complete or self._hold))
            self._queue.clear()
        elif self._queue:
            if len(self._queue) == 1:
                self._holding(Hold.QUEUE, False)
            try:
                self._start(self._queue.popleft())
            except Refused as refused:
                self._queue.clear()
                self._refuse(refused)
        elif self._pending_refusal is not None:
            self._refuse(self._pending_refusal)
        elif self.half_closed:
            self._close(linger=False)
        else:
            self.deadline = self.live.now + (HEAD_SECONDS if self._in_head else KEEP_ALIVE_SECONDS)

    def _refuse(self, refused: Refused) -> None:
        """Answer in turn, then close: after a framing error nobody knows where the next request begins."""
        if self.closed:
            return
        self._lingering = True
        incoming, self._incoming = self._incoming, None
        if incoming is not None and incoming is self.passage:
            incoming.request_broken(refused)
            return
        if self.passage is not None:
            if incoming is not None:
                self._queue.remove(incoming)
            self._pending_refusal = refused
            return
        live = self.live
        live.counters.add("strangler_refused", reason=refused.reason)
        request_id = live.next_request_id()
        live.log_refusal(self, refused, request_id)
        self.write(reply(refused.status, refused.detail, request_id, close=True))
        self._close(linger=True)

    def _close(self, *, linger: bool) -> None:
        self.flush()
        if self.transport.is_closing():
            return
        if linger and self.transport.can_write_eof():
            self._lingering = True
            self._hold = Hold(0)
            self.transport.resume_reading()
            self.transport.write_eof()
            self.deadline = self.live.now + LINGER_SECONDS
        else:
            self.transport.close()

    # What passages, sweeps and drains do.

    def abort(self, *, reset: bool = False) -> None:
        """Cut the connection; what was written goes out, but the answer never ends cleanly. ``reset``: nothing but an
        error tells the client so, since the end of the connection would be the end of the answer."""
        self.flush()
        if reset:
            self.reset_when_closed()
        self.closed = True
        if not self.transport.is_closing():
            self.transport.close()

    def hold_for_backend(self, held: bool) -> None:
        self._holding(Hold.BACKEND, held)

    def hold_for_connect(self, held: bool) -> None:
        self._holding(Hold.CONNECT, held)

    def _holding(self, reason: Hold, held: bool) -> None:
        before = self._hold
        self._hold = before | reason if held else before & ~reason
        if self.transport.is_closing() or bool(before) == bool(self._hold):
            return
        if self._hold:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def expire(self) -> None:
        """The deadline passed."""
        if self.passage is not None:
            self.passage.expire()
        elif self.tunnel is not None:
            self.deadline = self.tunnel.look()
        elif self._in_head and not self._lingering and not self.transport.is_closing():
            self._refuse(Refused(408, "slow_head", "The request took too long to arrive."))
        elif self.takes_more():
            self.deadline = self.live.now + STALL_SECONDS
        else:
            self.transport.abort()

    def held_by_backend(self) -> bool:
        return bool(self._hold & Hold.BACKEND)

    def drain(self) -> None:
        """Finish what is under way, take nothing new."""
        if self.passage is not None or self.tunnel is not None or self.transport.is_closing():
            return
        if self._in_head or not self._target:
            # Its first request is on the way, or half here: a new connection that says nothing ends soon.
            self.deadline = min(self.deadline, self.live.now + (HEAD_SECONDS if self._in_head else LINGER_SECONDS))
        else:
            self.flush()
            self.transport.close()
