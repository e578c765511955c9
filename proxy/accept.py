"""The client's side: one connection, whose requests become passages one after the other.

``reading.py`` makes them. Pipelined requests wait in order; reading stops while any waits, and all but a few wait as bytes, so
that one read is the bound.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proxy.attempt import hurry
from proxy.fields import Refused
from proxy.networks import address_of
from proxy.passage import Passage
from proxy.patience import (
    LAST_WORD_SECONDS,
    LINGER_SECONDS,
    MAX_LINGER_SECONDS,
    PACE_GRACE,
    PACE_SECONDS,
    STALL_SECONDS,
    Hold,
)  # fmt: skip
from proxy.presence import Presence, presence
from proxy.reading import RequestReader
from proxy.refusals import too_slow
from proxy.replies import reply

if TYPE_CHECKING:
    from proxy.fields import RequestFields
    from proxy.listen.arrival import Arrival
    from proxy.live_path import LivePath
    from proxy.model.message import RequestHead
    from proxy.tunnel import Tunnel

MAX_EARLY = 64 * 1024


class ClientConnection(RequestReader, asyncio.Protocol):
    """One client connection. ``blocked`` tells that the client does not take what we send, ``half_closed`` that it sends no more, ``leaving``
    that nothing new is answered. ``arrival`` is None where the socket says all that is known of the client."""

    __slots__ = (
        "_going_on", "_hold", "_linger_until", "_pending_refusal", "arrival", "blocked", "half_closed", "leaving", "peer_bytes", "tunnel", "via",
    )  # fmt: skip

    _linger_until: float

    def __init__(self, live: LivePath, arrival: Arrival | None = None) -> None:
        super().__init__(live)
        self.arrival = arrival
        self.tunnel: Tunnel | None = None
        self.blocked = False
        self.half_closed = False
        self.peer_bytes = b""
        self.via = live.via
        self._hold = Hold(0)
        self._going_on = False
        self.leaving = False
        self._pending_refusal: Refused | None = None

    # What the event loop does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name
        arrival = self.arrival
        if arrival is None:
            self.peer = address_of(transport.get_extra_info("peername"))
        else:
            self.peer, self.scheme = arrival.peer, arrival.scheme
        self.peer_bytes = self.peer.encode()
        self.trusted = self.live.trusts(self.peer)
        refused = self._enter()
        if refused is not None:
            self._refuse(refused)

    def _enter(self) -> Refused | None:
        return self.live.client_arrived(self)

    def _leave(self) -> None:
        self.live.client_left(self)

    def data_received(self, data: bytes) -> None:
        if self.tunnel is not None:
            self.tunnel.from_client(data)
        elif self._early is not None:
            self._keep_early(data)
        elif not self._lingering:
            self._receive(data)
        elif self.leaving:  # it may not have read our last answer before it has sent all
            self.deadline = min(self.live.now + LINGER_SECONDS, self._linger_until)

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
        self._half_close(passage)
        return True

    def _half_close(self, passage: Passage) -> None:
        self.half_closed = True
        hurry(passage)

    def check_presence(self) -> None:
        """Called while reading is stopped."""
        passage = self.passage
        if not self._hold or passage is None or self.half_closed:
            return
        seen = presence(self.transport)
        if seen is Presence.GONE:
            self.transport.abort()
        elif seen is Presence.ENDED and passage.request_complete:
            self._half_close(passage)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        self.closed = True
        self.live.held.discard(self)
        self._leave()
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

    # Requests.

    def _arrived(self, head: RequestHead, fields: RequestFields, *, http_1_0: bool) -> None:
        if self.arrival is not None and self.arrival.certificate is not None and not self.trusted:
            fields.lines += self.arrival.certificate
        passage = Passage(self, head, fields, http_1_0=http_1_0, keep_alive=self._parser.should_keep_alive())
        if self._parser.should_upgrade():
            self._choose_upgrade(passage)
        self._incoming = passage
        if self.passage is not None:
            self._queue.append(passage)
            self._holding(Hold.QUEUE, True)
        elif not self.leaving:
            self._start(passage)

    def _keep_early(self, data: bytes | memoryview) -> None:
        """Delivered after the 101, dropped on refusal, never parsed as HTTP."""
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

    def _start(self, passage: Passage) -> None:
        """Raises Refused."""
        self.passage = passage
        try:
            passage.start()
        except Refused:
            self.passage = None
            self._incoming = None
            raise
        if self.half_closed and self.passage is passage:
            hurry(passage)

    def passage_ended(self, passage: Passage) -> None:
        """The next one, if any waits and the connection is still good for it."""
        self.passage = None
        if self.closed or self.tunnel is not None:
            return
        if passage.status == 101:
            return
        if self._hold:
            self._holding(Hold.BACKEND | Hold.CONNECT, False)
        if passage.close_after:
            self._close(linger=bool(not passage.request_complete or self._hold))
            self._queue.clear()
        elif self._queue or self._rest:
            self._go_on()
        else:
            self._idle()

    def _go_on(self) -> None:
        """With what came behind the request that has ended. A loop, since a passage may end before its start returns."""
        if self._going_on:
            return
        self._going_on = True
        try:
            while self.passage is None and not self.leaving:
                if self._queue:
                    self._start(self._queue.popleft())
                elif self._rest and not self._lingering:
                    self._receive(b"")
                else:
                    self._idle()
                    break
        except Refused as refused:
            self._queue.clear()
            self._refuse(refused)
        finally:
            self._going_on = False
        if not self._queue and (not self._rest or self._lingering):
            self._holding(Hold.QUEUE, False)

    def _idle(self) -> None:
        """Nothing waits to be answered, but perhaps to be refused."""
        live = self.live
        if self._pending_refusal is not None:
            self._refuse(self._pending_refusal)
        elif self.half_closed:
            self._close(linger=False)
        else:
            self.deadline = live.now + (live.limits.head_time if self._in_head else live.limits.keep_alive)
            if live.draining:  # the answer's head went out before: the client does not know
                self.drain()

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
        self.write(reply(refused.status, refused.detail, request_id, close=True, headers=refused.headers))
        self._close(linger=True)

    def _close(self, *, linger: bool) -> None:
        self.leaving = True
        self.flush()
        if self.transport.is_closing():
            return
        if linger and self.transport.can_write_eof():
            self._lingering = True
            self._hold = Hold(0)
            self.transport.resume_reading()
            self.transport.write_eof()
            self.deadline = self.live.now + LINGER_SECONDS
            self._linger_until = self.live.now + MAX_LINGER_SECONDS
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
            self.live.held.add(self)
            self.transport.pause_reading()
        else:
            self.live.held.discard(self)
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

    def check_pace(self) -> None:
        """Called every ``PACE_SECONDS``: a body must reach a rate on average, as long as it is only the client that we wait for."""
        passage = self.passage
        if self.tunnel is not None and not self.transport.is_reading() and presence(self.transport) is Presence.GONE:
            self.transport.abort()  # held by a backend that takes nothing: its leaving is not read
        if passage is None or passage.request_complete or passage.answer_begun or self._hold:
            return
        if passage.expects and not passage.continued and not passage.bytes_in:
            return  # it waits to be asked
        passage.body_time += PACE_SECONDS
        rate = self.live.limits.min_rate
        if passage.body_time > PACE_GRACE and passage.bytes_in < rate * passage.body_time:
            passage.request_broken(too_slow(rate))

    def held_by_backend(self) -> bool:
        return bool(self._hold & Hold.BACKEND)

    def leaves_when_asked(self) -> bool:
        """Whether ``drain`` would end it sooner: it says nothing, and was not asked before."""
        return (
            self.passage is None
            and self.tunnel is None
            and not self._in_head
            and not self.leaving
            and self.deadline > self.live.now + LAST_WORD_SECONDS
        )

    def drain(self) -> None:
        """Finish what is under way, take nothing new."""
        if self.passage is not None or self.tunnel is not None or self.transport.is_closing():
            return
        # A request may be on its way to us at this moment: it is answered, with ``Connection: close``. Who says nothing ends soon.
        seconds = self.live.limits.head_time if self._in_head else LAST_WORD_SECONDS
        self.deadline = min(self.deadline, self.live.now + seconds)
