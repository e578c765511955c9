"""Attacks that cost the client little: each is bounded by a number, told ENHANCE_YOUR_CALM, and counted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from h2.errors import ErrorCodes
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from proxy.http2.budget import GIVEN_UP, IDLE_FRAMES
from proxy.http2.framing import MAX_STREAMS, Framing
from proxy.model.resilience import Limits
from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.conftest import Http2Proxies, Http2Proxy
from tests.proxy.http2.wire import Http2Client, request
from tests.proxy.wire import OriginConnection, always, eventually, ok

CALM = ErrorCodes.ENHANCE_YOUR_CALM


def refused(both: Http2Proxy, reason: str = "http2_flood") -> int:
    return both.running.count("strangler_refused", reason=reason)


async def told_to_calm_down(client: Http2Client, both: Http2Proxy) -> None:
    await client.end()
    assert [code for code, _ in client.goaways] == [CALM]
    assert refused(both) == 1
    await eventually(lambda: not both.running.live.clients)


def headers(stream: int, *, flags: tuple[str, ...] = ("END_HEADERS", "END_STREAM"), method: bytes = b"GET") -> Frame:
    """A whole request in a frame of its own, without a compression table."""
    frame = HeadersFrame(stream, flags=flags)
    frame.data = Encoder().encode([(name, value, True) for name, value in request(method=method)])
    return frame


def unknown(body: bytes) -> Frame:
    frame = ExtensionFrame(type=0xBE, stream_id=0, flag_byte=0, body=body)
    frame.body_len = len(body)
    return frame


FLOODS = {
    "pings": PingFrame(0, b"12345678"),
    "settings": SettingsFrame(0, {4: 65535}),
    "empty settings": SettingsFrame(0),
    "priorities": PriorityFrame(3, depends_on=1),
    "connection windows": WindowUpdateFrame(0, 1),
    "stream windows": WindowUpdateFrame(1, 1),
    "empty data": DataFrame(1, b""),
    "padded empty data": DataFrame(1, b"", pad_length=10, flags=("PADDED",)),
    "unknown frames": unknown(b"x"),
    "resets of nothing": RstStreamFrame(1, 8),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_frames_that_bring_nothing_are_bounded(origin: Origins, http2: Http2Proxies, name: str) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.reader.read()

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    await client.begin(request(method=b"POST"))
    await client.frames(*[FLOODS[name]] * (IDLE_FRAMES // 2))
    client.h2.ping(b"12345678")
    await client.flush()
    assert not client.goaways
    await client.frames(*[FLOODS[name]] * IDLE_FRAMES)
    await told_to_calm_down(client, both)


async def test_requests_given_up_at_once_never_reach_a_backend(origin: Origins, http2: Http2Proxies) -> None:
    """Rapid reset, CVE-2023-44487."""
    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    for n in range(GIVEN_UP + 100):
        client.writer.write(headers(2 * n + 1).serialize() + RstStreamFrame(2 * n + 1, 8).serialize())
    await told_to_calm_down(client, both)
    assert len(backend.heads) <= GIVEN_UP // 10


async def test_requests_given_up_after_they_were_sent_are_bounded(origin: Origins, http2: Http2Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    opened = 0
    while not client.closed and opened < 2 * GIVEN_UP:
        streams = range(2 * opened + 1, 2 * opened + 41, 2)
        opened += 20
        await client.frames(*map(headers, streams))
        client.h2.ping(b"%08d" % opened)  # the requests have been seen, and their ends come in another read
        await client.flush()
        before = len(client.events)
        await asyncio.wait_for(client._read(), 5)
        if client.closed:
            break
        assert len(client.events) > before
        await client.frames(*(RstStreamFrame(stream, 8) for stream in streams))
    await told_to_calm_down(client, both)
    assert len(backend.heads) <= opened <= GIVEN_UP + 60


async def test_streams_that_we_are_made_to_reset_are_bounded(origin: Origins, http2: Http2Proxies) -> None:
    """MadeYouReset, CVE-2025-8671: a window that overflows is an error of the stream, which h2 resets."""

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    for n in range(GIVEN_UP + 100):
        client.writer.write(headers(2 * n + 1).serialize() + WindowUpdateFrame(2 * n + 1, 2**31 - 1).serialize())
    await told_to_calm_down(client, both)


@pytest.mark.parametrize(
    "violation",
    [
        DataFrame(1, b"x", flags=("END_STREAM",)),
        headers(1),
        WindowUpdateFrame(0, 2**31 - 1),
        DataFrame(2**20 + 1, b"x"),
        ContinuationFrame(1, b"x", flags=("END_HEADERS",)),
    ],
    ids=["data after the end", "headers after the end", "connection window", "data on nothing", "naked continuation"],
)
async def test_other_violations_end_the_connection_or_are_bounded(
    origin: Origins, http2: Http2Proxies, violation: Frame
) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    await client.frames(headers(1))
    await eventually(lambda: backend.heads)
    await client.frames(*[violation] * (IDLE_FRAMES + 100))
    await client.end()
    assert len(client.goaways) == 1
    assert refused(both) + refused(both, "http2_protocol") == 1
    await eventually(lambda: not both.running.live.clients)


async def test_more_streams_than_allowed_end_the_connection(origin: Origins, http2: Http2Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    await client.frames(*(headers(2 * n + 1) for n in range(MAX_STREAMS)))
    await eventually(lambda: len(backend.heads) == MAX_STREAMS)
    assert both.running.count("strangler_streams") == MAX_STREAMS
    await client.frames(headers(2 * MAX_STREAMS + 1))
    await client.end()
    assert len(client.goaways) == 1
    assert refused(both, "http2_protocol") == 1
    assert len(backend.heads) == MAX_STREAMS


def continuations(size: int) -> Iterator[Frame]:
    yield headers(1, flags=())
    while True:
        yield ContinuationFrame(1, bytes(size))


@pytest.mark.parametrize("size", [16384, 1000, 0])
async def test_a_header_block_without_end_is_not_collected(http2: Http2Proxies, size: int) -> None:
    both = await http2(to_legacy(1))
    client = await both.connect()
    frames = continuations(size)
    for _ in range(200):
        await client.frames(next(frames))
    await client.end()
    assert len(client.goaways) == 1
    assert refused(both) + refused(both, "http2_protocol") == 1


def test_a_half_read_header_block_is_bounded() -> None:
    framing = Framing(Limits())
    framing.receive(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize())
    framing.receive(headers(1, flags=()).serialize())
    for n in range(1, 10):
        framing.receive(ContinuationFrame(1, bytes(16000)).serialize())
        assert framing.half_read > n * 16000
    assert framing.half_read < framing.max_decoded


async def test_a_compression_bomb_ends_the_connection_before_it_is_unpacked(http2: Http2Proxies) -> None:
    both = await http2(to_legacy(1))
    client = await both.connect()
    frame = HeadersFrame(1, flags=("END_HEADERS", "END_STREAM"))
    encoder = Encoder()
    frame.data = encoder.encode([*request(), (b"x-a", b"a" * 3900)])
    frame.data += encoder.encode([(b"x-a", b"a" * 3900)]) * 15_000
    assert len(frame.data) < 16384 * 2
    frame.data = frame.data[:16384]
    await client.frames(frame)
    await client.end()
    assert [code for code, _ in client.goaways] == [CALM]
    assert refused(both, "http2_protocol") == 1


async def test_a_frame_larger_than_allowed_ends_the_connection(http2: Http2Proxies) -> None:
    both = await http2(to_legacy(1))
    client = await both.connect()
    await client.frames(PingFrame(0, b"12345678"), unknown(bytes(16385)))
    await client.end()
    assert [code for code, _ in client.goaways] == [ErrorCodes.FRAME_SIZE_ERROR]


async def test_ordinary_clients_are_far_from_every_bound(origin: Origins, http2: Http2Proxies) -> None:
    """Thousands of requests, windows opened for each piece, a ping for each answer."""
    backend = await origin(always(ok(bytes(3000))))
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    for n in range(600):
        assert len((await client.ask(request(b"/%d" % n))).body) == 3000
        client.h2.ping(b"%08d" % n)
        client.h2.increment_flow_control_window(3000)
        client.h2.increment_flow_control_window(1)
        await client.flush()
    assert not client.goaways
    assert refused(both) == 0


def test_the_compression_library_does_not_log_fields() -> None:
    assert not logging.getLogger("hpack.hpack").isEnabledFor(logging.DEBUG)
