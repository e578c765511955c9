"""A client that speaks HTTP/2 as told, well or badly: hyper-h2's client side with its checks of what we send turned off."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from hyperframe.frame import Frame, GoAwayFrame

from tests.proxy.wire import PATIENCE

Fields = list[tuple[bytes, bytes]]


def request(path: bytes = b"/", *more: tuple[bytes, bytes], method: bytes = b"GET") -> Fields:
    return [(b":method", method), (b":scheme", b"http"), (b":authority", b"example.com"), (b":path", path), *more]


@dataclass
class Answer:
    """What came on one stream so far. ``reset`` is the code of RST_STREAM."""

    hints: list[dict[bytes, bytes]] = field(default_factory=list)
    fields: Fields = field(default_factory=list)
    body: bytes = b""
    trailers: Fields = field(default_factory=list)
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(dict(self.fields)[b":status"]) if self.fields else 0

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None


class Patient(H2Connection):
    """Goes on after a GOAWAY, as RFC 9113 section 6.8 wants; h2 does not."""

    def _receive_frame(self, frame: Frame) -> list[Event]:
        if isinstance(frame, GoAwayFrame):
            event = ConnectionTerminated()
            event.error_code, event.last_stream_id = frame.error_code, frame.last_stream_id
            return [event]
        if frame.stream_id and frame.stream_id not in self.streams:
            return []  # of a stream that was opened past us
        return super()._receive_frame(frame)


class Http2Client:
    """``goaways`` are (code, last stream) of each GOAWAY; ``holds`` keeps windows shut: nothing received is acknowledged."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.holds = False
        self.closed = False
        self.answers: defaultdict[int, Answer] = defaultdict(Answer)
        self.events: list[Event] = []
        self.goaways: list[tuple[int, int | None]] = []
        self.h2 = Patient(
            H2Configuration(
                client_side=True,
                header_encoding=None,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )

    @classmethod
    async def connect(cls, port: int) -> Http2Client:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        client.h2.initiate_connection()
        await client.flush()
        await client.until(lambda: client.events)
        return client

    async def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def send(self, fields: Fields, body: bytes | None = None, trailers: Fields | None = None) -> int:
        """Open a stream with a whole request; returns its number."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, fields, end_stream=body is None and trailers is None)
        if body is not None:
            self.h2.send_data(stream, body, end_stream=trailers is None)
        if trailers is not None:
            self.h2.send_headers(stream, trailers, end_stream=True)
        await self.flush()
        return stream

    async def begin(self, fields: Fields) -> int:
        """Open a stream whose body follows."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, fields)
        await self.flush()
        return stream

    async def data(self, stream: int, data: bytes, *, end: bool = False) -> None:
        self.h2.send_data(stream, data, end_stream=end)
        await self.flush()

    async def reset(self, stream: int, code: ErrorCodes = ErrorCodes.CANCEL) -> None:
        self.h2.reset_stream(stream, code)
        await self.flush()

    async def frames(self, *frames: Frame) -> None:
        """Frames as they are, past h2."""
        self.writer.write(b"".join(frame.serialize() for frame in frames))
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def until(self, condition: Callable[[], object]) -> None:
        """Read until ``condition`` holds, or fail."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                assert not self.closed, "the connection ended first"
                await self._read()

    async def answer(self, stream: int) -> Answer:
        """The answer on ``stream``, complete or reset."""
        await self.until(lambda: self.answers[stream].over)
        return self.answers[stream]

    async def ask(self, fields: Fields, body: bytes | None = None, trailers: Fields | None = None) -> Answer:
        return await self.answer(await self.send(fields, body, trailers))

    async def end(self) -> None:
        """Read until the proxy closes."""
        async with asyncio.timeout(PATIENCE):
            while not self.closed:
                await self._read()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def _read(self) -> None:
        try:
            data = await self.reader.read(2**16)
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            self.writer.close()
            return
        for event in self.h2.receive_data(data):
            self._take(event)
        await self.flush()

    def _take(self, event: Event) -> None:
        self.events.append(event)
        match event:
            case ConnectionTerminated():
                self.goaways.append((int(event.error_code or 0), event.last_stream_id))
            case InformationalResponseReceived():
                self.answers[event.stream_id].hints.append(dict(event.headers))
            case ResponseReceived():
                self.answers[event.stream_id].fields = [(bytes(name), bytes(value)) for name, value in event.headers]
            case DataReceived():
                self.answers[event.stream_id].body += event.data
                if not self.holds:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case TrailersReceived():
                self.answers[event.stream_id].trailers = [(bytes(name), bytes(value)) for name, value in event.headers]
            case StreamEnded():
                self.answers[event.stream_id].ended = True
            case StreamReset():
                self.answers[event.stream_id].reset = int(event.error_code)
