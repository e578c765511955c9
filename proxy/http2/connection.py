"""One HTTP/2 connection: h2's events become what streams do, and what streams want to say becomes frames.

Everything that a client may do for nothing is paid from one of two budgets: frames that carry neither a request nor a piece of one, and
streams that are given up. Whoever overdraws is told ENHANCE_YOUR_CALM, counted, and gone. Streams take turns, a frame each.
"""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING

from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    PingAckReceived,
    RemoteSettingsChanged,
    RequestReceived,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from proxy.fields import Refused
from proxy.http2.budget import EARNED, budget_of_frames, budget_of_streams
from proxy.http2.farewell import Farewell
from proxy.http2.framing import LAST_STREAM, SLICE, Framing
from proxy.http2.stream import HIGH_WATER, Stream
from proxy.listen.progress import Progress
from proxy.networks import address_of
from proxy.patience import LINGER_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpack import HeaderTuple

    from proxy.listen.arrival import Arrival
    from proxy.live_path import LivePath
    from proxy.passage import Passage
    from proxy.tunnel import Tunnel

log = logging.getLogger(__name__)

MAX_QUEUED = 2 * 1024 * 1024
"""Bytes of answers that wait on one connection until no stream may keep more than one read of its backend waiting."""

ROUND = 64 * 1024
"""Bytes sent until the socket is asked whether it takes more."""

GOODBYE = b"farewell"
"""The PING behind the first GOAWAY: when it comes back, all that the client sent before it knew has arrived."""


class Http2Connection(asyncio.Protocol):
    """``deadline`` is when patience ends (loop time), never while streams are open, which have their own. ``is_blocked`` tells that the
    client does not take what we send, ``queued`` how much of it waits in the streams."""

    __slots__ = (
        "_farewell", "_framing", "_given_up", "_idle_frames", "_lingering", "_progress", "_streams", "_waiting", "_woken",
        "arrival", "deadline", "is_blocked", "last_stream", "live", "peer", "queued", "transport", "trusted",
    )  # fmt: skip

    passage: Passage | None = None
    """Its streams have them."""
    tunnel: Tunnel | None = None
    """Upgrades are HTTP/1's."""
    transport: asyncio.Transport

    def __init__(self, live: LivePath, arrival: Arrival | None = None) -> None:
        self.live = live
        self.arrival = arrival
        self.peer = ""
        self.trusted = False
        self.is_blocked = False
        self.queued = 0
        self.last_stream = LAST_STREAM
        self.deadline = live.now + live.limits.head_time
        self._framing = Framing(live.limits)
        self._streams: dict[int, Stream] = {}
        self._waiting: dict[Stream, None] = {}
        self._woken = False
        self._lingering = False
        self._progress = Progress()
        self._farewell = Farewell.NOT_YET
        self._idle_frames = budget_of_frames(live.now)
        self._given_up = budget_of_streams(live.now)

    # What the event loop does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name
        if self.arrival is None:
            self.peer = address_of(transport.get_extra_info("peername"))
        else:
            self.peer = self.arrival.peer
        self.trusted = self.live.trusts(self.peer)
        refused = self.live.client_arrived(self)
        if refused is not None:
            self._turn_away(refused)
        self._wake()

    def data_received(self, data: bytes) -> None:
        self._safely(self._receive, data)
        self._wake()

    def _safely(self, act: Callable[..., None], *arguments: object) -> None:
        """A fault of ours ends this connection, and no other one."""
        try:
            act(*arguments)
        except Exception:
            log.exception("HTTP/2 made us fail", extra={"peer": self.peer})
            self._framing.close_connection(ErrorCodes.INTERNAL_ERROR)
            self._break_off(Refused(500, "internal", "The proxy failed to handle a frame."))

    def eof_received(self) -> None:
        """A client that will send nothing can take nothing: it cannot open windows any more."""

    def connection_lost(self, error: Exception | None) -> None:
        self._lingering = True
        self.live.client_left(self)
        self._abandon(error)

    def pause_writing(self) -> None:
        self.is_blocked = True
        for stream in self._streams.values():
            stream.block()

    def resume_writing(self) -> None:
        self.is_blocked = False
        for stream in self._streams.values():
            stream.unblock()
        self._wake()

    # What h2 reports.

    def _receive(self, data: bytes) -> None:
        """A piece at a time, so that no client makes h2 hold much more than a piece."""
        framing = self._framing
        view = memoryview(data)
        for at in range(0, len(data), SLICE):
            if self._lingering:
                return
            before = framing.frames
            try:
                events = framing.receive(view[at : at + SLICE])
            except ProtocolError as error:
                self._break_off(Refused(400, "http2_protocol", str(error)))
                return
            if framing.frames != before:
                self._handle(events, framing.frames - before)
            elif framing.half_read > framing.max_decoded:
                self._flooded("A header block that does not end.")

    def _handle(self, events: list[Event], frames: int) -> None:
        """Do what ``frames`` frames say, and have those paid that say nothing."""
        given_up = {event.stream_id for event in events if isinstance(event, StreamReset)}
        for stream_id in given_up:
            self._lose(stream_id)  # first, since h2 has closed them already
        for event in events:
            if isinstance(event, DataReceived):
                frames -= self._data(event)
            elif isinstance(event, RequestReceived):
                frames -= self._request(event, given_up)
            elif isinstance(event, TrailersReceived):
                frames -= self._trailers(event)
            else:
                self._control(event)
        if frames and not self._idle_frames.spend(frames, self.live.now):
            self._flooded("More frames than anybody needs that bring nothing.")
        if given_up and not self._given_up.spend(len(given_up), self.live.now):
            self._flooded("More streams given up than anybody needs to.")

    def _lose(self, stream_id: int) -> None:
        stream = self._streams.pop(stream_id, None)
        if stream is not None:
            self._forget(stream)
            stream.lost()

    def _request(self, event: RequestReceived, given_up: set[int]) -> int:
        """Open a stream; but not for what was given up in the same breath: no backend needs to see it."""
        stream_id = event.stream_id
        if stream_id in given_up:
            return 1
        live = self.live
        full = len(live.streams) >= live.limits.connections or not live.has_room()
        if full:
            live.counters.add("strangler_refused", reason="streams")
        if full or stream_id > self.last_stream:
            self._framing.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)  # never processed: safe to send again
            return 0
        stream = self._streams[stream_id] = Stream(self, stream_id)
        if self._farewell is Farewell.NOT_YET:
            self.deadline = math.inf
        self._idle_frames.earn(EARNED)
        stream.begin(event.headers, ended=event.stream_ended is not None)
        return 1

    def _data(self, event: DataReceived) -> int:
        ended = event.stream_ended is not None
        stream = self._streams.get(event.stream_id)
        if stream is not None:
            stream.take(event.data, event.flow_controlled_length, ended=ended)
        else:
            self._framing.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        return 1 if event.data or ended else 0

    def _trailers(self, event: TrailersReceived) -> int:
        stream = self._streams.get(event.stream_id)
        if stream is not None:
            stream.end(event.headers)
        return 1

    def _control(self, event: Event) -> None:
        if isinstance(event, RemoteSettingsChanged):
            self._framing.bound_table()
        elif isinstance(event, ConnectionTerminated) or (
            isinstance(event, PingAckReceived) and event.ping_data == GOODBYE
        ):
            self._part()

    # What streams want.

    @property
    def high_water(self) -> int:
        return HIGH_WATER if self.queued < MAX_QUEUED else 0

    def wake(self, stream: Stream) -> None:
        """The stream has something to send, or to end."""
        self._waiting[stream] = None
        self._wake()

    def acknowledge(self, stream: Stream, size: int) -> None:
        """That much of the request was passed on: the client may send as much again."""
        if size and not self._lingering:
            self._framing.acknowledge_received_data(size, stream.id)
            self._wake()

    def send_fields(self, stream: Stream, fields: list[HeaderTuple], *, end: bool) -> None:
        if stream.id in self._streams:
            self._framing.send_headers(stream.id, fields, end_stream=end)

    def send_data(self, stream: Stream, data: bytes | memoryview, *, end: bool) -> None:
        self._framing.send_data(stream.id, data, end_stream=end)

    def finish(self, stream: Stream, code: ErrorCodes) -> None:
        """The stream is over; reset it with ``code`` if that is not plain to see."""
        if self._streams.pop(stream.id, None) is None:
            return
        self._forget(stream)
        if code is not ErrorCodes.NO_ERROR or not stream.ended:
            self._framing.reset_stream(stream.id, code)
        self.live.loop.call_soon(stream.lost)
        self._wake()

    def _forget(self, stream: Stream) -> None:
        self._waiting.pop(stream, None)
        if self._streams:
            return
        taking_leave = self._farewell is not Farewell.NOT_YET
        self.deadline = self.live.now + (LINGER_SECONDS if taking_leave else self.live.limits.keep_alive)
        if self.live.closing:
            self.drain()

    # Sending.

    def _wake(self) -> None:
        if not self._woken and not self._lingering:
            self._woken = True
            self.live.flush_soon(self)

    def flush(self) -> None:
        """Send what waits, as far as windows and the socket allow."""
        self._woken = False
        if not self._lingering:
            self._safely(self._send)

    def _send(self) -> None:
        while True:
            sent = 0 if self.is_blocked else self._round()
            if data := self._framing.data_to_send():
                self.transport.write(data)
            if not sent:
                break
            if self.transport.get_write_buffer_size() > HIGH_WATER:
                self._wake()  # the socket pushes back only at the end of this turn
                break
        if self._farewell is Farewell.SAID and not self._streams:
            self._linger()

    def _round(self) -> int:
        """A frame of each stream that has one; who was served goes to the end of the line."""
        sent = 0
        waiting = self._waiting
        for stream in tuple(waiting):
            size = stream.send(self._framing.local_flow_control_window(stream.id) if stream.queued else 0)
            if size:
                self._idle_frames.earn(EARNED)
                sent += size
            if stream in waiting:
                del waiting[stream]
                if stream.queued:
                    waiting[stream] = None
            if sent >= ROUND:
                break
        return sent

    # The end.

    def leaves_when_asked(self) -> bool:
        """Whether ``drain`` ends it, after the streams that it has."""
        return self._farewell is Farewell.NOT_YET and not self._lingering

    def drain(self) -> None:
        """Let what is under way finish, and take nothing new. First a warning, since requests may be on their way to us
        (RFC 9113 section 6.8)."""
        if self.leaves_when_asked():
            self._farewell = Farewell.WARNED
            self._say_goaway(LAST_STREAM)
            self._framing.ping(GOODBYE)
            self.deadline = self.live.now + LINGER_SECONDS

    def _part(self) -> None:
        """The second step: whatever comes from here on is refused, and the last stream ends the connection."""
        if self._farewell is not Farewell.SAID:
            self._farewell = Farewell.SAID
            self.last_stream = self._framing.highest_inbound_stream_id
            self._say_goaway(self.last_stream)
            self.deadline = math.inf if self._streams else self.live.now + LINGER_SECONDS

    def _say_goaway(self, last_stream: int) -> None:
        data = self._framing.data_to_send() + self._framing.goaway(last_stream)
        self.transport.write(data)
        self._wake()

    def _flooded(self, detail: str) -> None:
        self._turn_away(Refused(429, "http2_flood", detail))

    def _turn_away(self, refused: Refused) -> None:
        self._framing.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
        self._break_off(refused)

    def _break_off(self, refused: Refused) -> None:
        """h2 has the last frame ready; nothing that this client sends is looked at any more."""
        if self._lingering:
            return
        live = self.live
        live.counters.add("strangler_refused", reason=refused.reason)
        live.log_refusal(self, refused, "")
        self.transport.write(self._framing.data_to_send())
        self._linger()
        self._abandon(None)

    def _linger(self) -> None:
        """Close in a way that lets the client read our last words (RFC 9112 section 9.6 says why)."""
        self._lingering = True
        self.deadline = self.live.now + LINGER_SECONDS
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _abandon(self, error: Exception | None) -> None:
        streams, self._streams = self._streams, {}
        self._waiting.clear()
        for stream in streams.values():
            stream.lost(error)

    def check_pace(self) -> None:
        """Bodies have a pace, connections have none."""

    def expire(self) -> None:
        """The deadline passed."""
        if self._lingering:
            _, takes = self._progress.look(self.transport)
            if takes:
                self.deadline = self.live.now + LINGER_SECONDS
            else:
                self.transport.abort()
        elif self._farewell is Farewell.NOT_YET:
            self.drain()
        else:
            self._part()
