"""hyper-h2's connection with our limits. What is changed of it stands here, and nowhere else.

h2 turns most violations into the end of the connection, which is what we want: nothing is left to reset (CVE-2025-8671). Its checks of
fields are off: they work byte by byte in Python, and end the connection where ``request.py`` answers 400 on the one stream. A test
holds the two against each other.
"""

from __future__ import annotations

import functools
import logging

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, Event
from h2.settings import SettingCodes, Settings
from hpack import Encoder
from hyperframe.frame import Frame, GoAwayFrame

from proxy.model.resilience import Limits

MAX_STREAMS = 100
"""Requests under way on one connection; one more ends it. What RFC 9113 section 6.5.2 recommends at least."""

STREAM_WINDOW = 128 * 1024
CONNECTION_WINDOW = 2 * 1024 * 1024
"""Bytes of request bodies that a client may send ahead of the backends: on one stream, on one connection."""

FIELD = 32
"""What a field counts beside its bytes (RFC 9113 section 6.5.2)."""

MAX_TABLE = 4096
"""Bytes of compression table, each way, whatever the client offers: searching it costs us, filling it costs nobody else."""

SLICE = 16 * 1024
"""Bytes given to h2 at once: what the bound of a header block is exact to."""

LAST_STREAM = 2**31 - 1

NO_RFC7540_PRIORITIES = 0x9
"""RFC 9218 section 2.1: we never look at PRIORITY frames, so nobody needs to send them."""

_CONFIG = H2Configuration(
    client_side=False,
    header_encoding=None,
    validate_inbound_headers=False,
    normalize_inbound_headers=False,
    validate_outbound_headers=False,  # llhttp read them, ``answer.py`` wrote them
    normalize_outbound_headers=False,
)

# At level debug it logs the value of every field, secrets too.
logging.getLogger("hpack").setLevel(logging.WARNING)


@functools.lru_cache(maxsize=4)
def _settings(allowed: int) -> Settings:
    """What we tell clients. They change only where we change them, which we never do, so connections share them: that saves each 5 KiB."""
    values = {
        SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
        SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        SettingCodes.MAX_HEADER_LIST_SIZE: allowed,
        NO_RFC7540_PRIORITIES: 1,
    }
    return Settings(client=False, initial_values=values)  # type: ignore[arg-type]  # one has no name in h2


class PlainEncoder(Encoder):
    """hpack's Huffman coding takes time with the square of a value's length; plain strings cost bytes instead."""

    def add(self, to_add: tuple[bytes, bytes], sensitive: bool, huffman: bool = False) -> bytes:  # noqa: ARG002
        return super().add(to_add, sensitive, huffman=False)


class Framing(H2Connection):
    """``frames`` counts what was received; a header block with its continuations is one. ``half_read`` are the bytes since the last.
    ``max_decoded`` is what ends the connection (HPACK bombs, CONTINUATION floods): bytes of a block that does not end, or of the fields
    that one unpacks to. It leaves room for heads that are refused with a 431."""

    MAX_CLOSED_STREAMS = 1024
    """How many closed streams are remembered; h2's own limit is some megabytes of them."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(_CONFIG)
        allowed = limits.head + limits.target + FIELD * limits.fields
        self.max_decoded = 2 * allowed + 32 * 1024
        self.frames = 0
        self.half_read = 0
        self.encoder = PlainEncoder()
        self.decoder.max_header_list_size = self.max_decoded
        self.local_settings = _settings(allowed)
        self.initiate_connection()
        self.increment_flow_control_window(CONNECTION_WINDOW - self.inbound_flow_control_window)

    def receive(self, data: bytes | memoryview) -> list[Event]:
        """At most ``SLICE`` bytes. Raises ProtocolError; the words to say then wait to be sent."""
        before = self.frames
        events = self.receive_data(data)
        self.half_read = self.half_read + len(data) if self.frames == before else 0
        return events

    def goaway(self, last_stream: int) -> bytes:
        """A frame that asks the client to leave. h2 would take it for the end of everything (RFC 9113 section 6.8 does not)."""
        return GoAwayFrame(0, last_stream_id=last_stream, error_code=ErrorCodes.NO_ERROR).serialize()

    def bound_table(self) -> None:
        """After new settings of the client: it may allow a larger table than we want to fill."""
        if self.encoder.header_table_size > MAX_TABLE:  # noqa: PLR1730 - to set it to what it is would lose a change not yet told
            self.encoder.header_table_size = MAX_TABLE

    def _receive_frame(self, frame: Frame) -> list[Event]:
        self.frames += 1
        if isinstance(frame, GoAwayFrame):
            # The client opens no more streams, but waits for its answers; h2 would send none of them.
            return [ConnectionTerminated()]
        return super()._receive_frame(frame)
