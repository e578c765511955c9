"""One stream: a transport that exists only in memory, and the client connection on it that sees one HTTP/1.1 request.

What the client connection writes is an HTTP/1.1 answer; llhttp reads it, and its parts go out as frames as fast as the client takes
them. An answer that does not end as HTTP/1.1 does not end here either: the stream is reset (promise 4).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httptools
from h2.errors import ErrorCodes

from proxy.accept import ClientConnection
from proxy.fields import Refused
from proxy.heads import chunk
from proxy.http2.answer import answer_fields, trailer_fields
from proxy.http2.request import malformed, read_request, read_trailers
from proxy.patience import STALL_SECONDS

if TYPE_CHECKING:
    from hpack import HeaderTuple

    from proxy.http2.connection import Http2Connection
    from proxy.model.message import Headers
    from proxy.passage import Passage

log = logging.getLogger(__name__)

HIGH_WATER = 64 * 1024
"""Bytes of an answer that wait for the client until its backend is not read any more; the same as for a socket."""

LOW_WATER = 16 * 1024

FRAME = 16 * 1024
"""The largest frame that is sent; every client takes it (RFC 9113 section 4.2)."""


class StreamClient(ClientConnection):
    """The HTTP/1.1 side of a stream: one request, and it is over."""

    __slots__ = ()

    def _enter(self) -> None:
        self.live.stream_arrived(self)

    def _leave(self) -> None:
        self.live.stream_left(self)

    def refuse(self, refused: Refused) -> None:
        """What is wrong is not in the text, but in how HTTP/2 says it."""
        self._refuse(refused)

    def passage_ended(self, passage: Passage) -> None:  # noqa: ARG002 - there is only one
        self.passage = None
        self.deadline = self.live.now + STALL_SECONDS
        self._close(linger=False)


class Stream(asyncio.Transport):
    """``queued`` bytes of the answer wait for the client. ``ended`` tells that the client's half is complete."""

    __slots__ = (
        "_chunked", "_client", "_closing", "_complete", "_connection", "_ended_here", "_got", "_headers", "_held",
        "_is_head", "_length", "_parser", "_paused", "_queue", "_trailers", "_unread", "ended", "id", "queued",
    )  # fmt: skip

    def __init__(self, connection: Http2Connection, stream_id: int) -> None:
        super().__init__()
        self.id = stream_id
        self.ended = False
        self.queued = 0
        self._connection = connection
        self._client = client = StreamClient(connection.live, connection.arrival)
        client.via = connection.live.via_http2
        # The request.
        self._chunked = False
        self._length: int | None = None
        self._got = 0
        self._held = False
        self._unread = 0
        # The answer.
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._trailers: list[HeaderTuple] = []
        self._queue: deque[bytes | memoryview] = deque()
        self._is_head = False
        self._complete = False
        self._ended_here = False
        self._paused = False
        self._closing = False

    # What the client sends.

    def begin(self, fields: Headers, *, ended: bool) -> None:
        client = self._client
        self.ended = ended
        client.connection_made(self)
        try:
            request = read_request(fields, ended=ended)
        except Refused as refused:
            self._is_head = (b":method", b"HEAD") in fields
            client.refuse(refused)
            return
        self._is_head = request.is_head
        self._length = request.length
        self._chunked = request.chunked
        if self._connection.is_blocked:
            self._paused = True
            client.pause_writing()
        client.data_received(request.head)

    def take(self, data: bytes, size: int, *, ended: bool) -> None:
        """A piece of the request's body; ``size`` is what it took of the windows."""
        self._got += len(data)
        self.ended = ended
        if self._closing:
            self._connection.acknowledge(self, size)
            return
        if self._held:
            self._unread += size
        else:
            self._connection.acknowledge(self, size)
        length = self._length
        if length is not None and (self._got > length or (ended and self._got != length)):
            self._client.refuse(malformed("its body is not as long as content-length says"))
            return
        if data:
            self._client.data_received(chunk(data) if self._chunked else data)
        if ended and self._chunked and not self._closing:
            self._client.data_received(b"0\r\n\r\n")

    def end(self, trailers: Headers) -> None:
        """Trailers cannot follow a body with a length in HTTP/1.1: then they are left out."""
        self.ended = True
        if self._closing:
            return
        try:
            if self._length not in {None, self._got}:
                raise malformed("its body is not as long as content-length says")
            lines = read_trailers(trailers)
        except Refused as refused:
            self._client.refuse(refused)
            return
        if self._chunked:
            self._client.data_received(lines)

    def lost(self, error: Exception | None = None) -> None:
        """The end: the client gave the stream up, the connection is gone, or all is said. Told once."""
        self._closing = True
        self._drop()
        self._release()
        self._client.connection_lost(error)

    # What the client connection uses of a transport.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._connection.transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._closing

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._held = True

    def resume_reading(self) -> None:
        self._held = False
        self._release()

    def _release(self) -> None:
        if self._unread:
            unread, self._unread = self._unread, 0
            self._connection.acknowledge(self, unread)

    def get_write_buffer_size(self) -> int:
        return self.queued

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.writelines((data,))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        if self._complete:
            return  # the body that no answer to HEAD has
        try:
            self._parser.feed_data(b"".join(list_of_data))
        except httptools.HttpParserError:
            log.exception("an answer could not be sent as HTTP/2", extra={"peer": self._client.peer})
            self.abort()
            return
        self._connection.wake(self)
        if not self._paused and self.queued > self._connection.high_water:
            self._paused = True
            self._client.pause_writing()

    def close(self) -> None:
        """What was written still goes out."""
        if not self._closing:
            self._closing = True
            self._release()
            self._connection.wake(self)

    def abort(self) -> None:
        """What was written does not go out."""
        self._closing = True
        self._drop()
        self._connection.finish(self, ErrorCodes.NO_ERROR if self._ended_here else ErrorCodes.CANCEL)

    def _drop(self) -> None:
        self._queue.clear()
        self._connection.queued -= self.queued
        self.queued = 0

    # What the parser of the answer does.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        headers, self._headers = self._headers, []
        status = self._parser.get_status_code()
        if status >= 200 and (self._is_head or status in {204, 304}):
            self._complete = self._ended_here = True
        self._connection.send_fields(self, answer_fields(status, headers), end=self._ended_here)

    def on_body(self, data: bytes) -> None:
        if not self._ended_here:
            self._queue.append(data)
            self.queued += len(data)
            self._connection.queued += len(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self._complete = True
            self._trailers = trailer_fields(self._headers)

    # What the connection does with the answer.

    def send(self, window: int) -> int:
        """Send one frame, if there is one and ``window`` allows it; says how many bytes it took."""
        queue = self._queue
        size = 0
        if queue and window > 0:
            data = queue.popleft()
            size = min(len(data), window, FRAME)
            if size < len(data):
                view = memoryview(data)
                queue.appendleft(view[size:])
                data = view[:size]
            self._taken(size)
            last = self._complete and not queue and not self._trailers
            self._ended_here = last
            self._connection.send_data(self, data, end=last)
        if not queue:
            self._settle()
        return size

    def _taken(self, size: int) -> None:
        self.queued -= size
        self._connection.queued -= size
        if self._paused and self.queued <= LOW_WATER and not self._connection.is_blocked:
            self.unblock()

    def unblock(self) -> None:
        """The connection takes more again."""
        if self._paused and self.queued <= LOW_WATER:
            self._paused = False
            self._client.resume_writing()

    def block(self) -> None:
        """The connection takes nothing for now."""
        if not self._paused:
            self._paused = True
            self._client.pause_writing()

    def _settle(self) -> None:
        """Nothing waits: end the answer if it is whole, and the stream if nobody writes to it any more."""
        if self._complete and not self._ended_here:
            self._ended_here = True
            if self._trailers:
                self._connection.send_fields(self, self._trailers, end=True)
            else:
                self._connection.send_data(self, b"", end=True)
        if self._closing:
            # RFC 9113 section 8.1: a whole answer, but we do not want the rest of the request.
            self._connection.finish(self, ErrorCodes.NO_ERROR if self._ended_here else ErrorCodes.INTERNAL_ERROR)
