"""A connection: what ends a stream and what ends everything, flow control, and the farewell."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.events import PingAckReceived
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame

from proxy.http2 import http2_protocol
from proxy.http2.connection import MAX_QUEUED, Http2Connection
from proxy.http2.framing import CONNECTION_WINDOW, LAST_STREAM, MAX_TABLE, STREAM_WINDOW
from proxy.http2.stream import HIGH_WATER
from proxy.live_path import LivePath
from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.conftest import Http2Proxies
from tests.proxy.http2.wire import Http2Client, request
from tests.proxy.wire import Client, OriginConnection, always, eventually, ok

ONE_READ = 256 * 1024
"""What uvloop reads at once."""


def http2_connections(live: LivePath) -> list[Any]:
    return [client for client in live.clients if isinstance(client, Http2Connection)]


async def test_a_malformed_request_costs_its_stream_and_no_other(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    answer = await client.ask(request(b"/", (b"connection", b"close")))
    assert answer.status == 400
    assert b"HTTP/1 connections" in answer.body
    assert b'"request_id"' in answer.body
    assert backend.heads == []
    assert both.running.count("strangler_refused", reason="http2_malformed") == 1
    assert (await client.ask(request())).status == 200


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (request(b"/" + b"a" * 20_000), 414),
        (request(b"/", (b"x-a", b"a" * 70_000)), 431),
        (request(b"/", *[(b"a", b"b")] * 300), 431),
        (request(b"/a/%2e%2e/b"), 400),
        (request(method=b"TRACE"), 405),
        (request(method=b"FOO"), 501),
        (request(b"/", (b"expect", b"200-ok")), 417),
        ([(b":method", b"CONNECT"), (b":authority", b"internal:22")], 405),
        ([(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/")], 400),
    ],
    ids=[
        "long target",
        "large field",
        "many fields",
        "dot segments",
        "trace",
        "unknown",
        "expect",
        "connect",
        "no host",
    ],
)
async def test_the_refusals_of_http_1_hold(
    origin: Origins, http2: Http2Proxies, fields: list[tuple[bytes, bytes]], status: int
) -> None:
    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    assert (await client.ask(fields)).status == status
    assert backend.heads == []
    assert both.running.count("strangler_refused") == 1
    assert (await client.ask(request())).status == 200


async def test_a_body_longer_than_its_length_never_becomes_a_request(origin: Origins, http2: Http2Proxies) -> None:
    taken: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        taken.append(await connection.reader.read())

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    stream = await client.begin(request(b"/", (b"content-length", b"3"), method=b"POST"))
    await client.data(stream, b"abcGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    await client.end()
    assert client.goaways[0][0] == ErrorCodes.PROTOCOL_ERROR
    await eventually(lambda: taken == [b""] or not backend.heads)
    assert both.running.count("strangler_refused", reason="http2_protocol") == 1


async def test_a_body_shorter_than_its_length_is_refused_and_aborted(origin: Origins, http2: Http2Proxies) -> None:
    """h2 does not look at the length where trailers end the body."""
    taken: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        taken.append(await connection.reader.read())

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port))).connect()
    answer = await client.ask(request(b"/", (b"content-length", b"5"), method=b"POST"), b"abc", [(b"x-sum", b"1")])
    assert answer.status == 400
    await eventually(lambda: taken or not backend.heads)
    assert taken in ([], [b"abc"], [b""])


async def test_trailers_that_would_frame_are_refused(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await http2(to_legacy(backend.port))).connect()
    stream = await client.begin(request(method=b"POST"))
    await eventually(lambda: backend.heads)
    client.h2.send_headers(stream, [(b"transfer-encoding", b"chunked")], end_stream=True)
    await client.flush()
    assert (await client.answer(stream)).status in {200, 400}


async def test_an_endless_answer_waits_for_a_client_that_does_not_read(origin: Origins, http2: Http2Proxies) -> None:
    sent = 0

    async def handler(connection: OriginConnection) -> None:
        nonlocal sent
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await connection.send(bytes(65536))
            sent += 65536

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    client.holds = True
    for _ in range(20):
        await client.send(request())
    await client.until(lambda: sum(len(answer.body) for answer in client.answers.values()) == 65535)
    await eventually(lambda: http2_connections(both.running.live)[0].queued > 0)
    before = -1
    while before != sent:  # until nothing moves any more
        before = sent
        await asyncio.sleep(0.2)
    queued = http2_connections(both.running.live)[0].queued
    assert queued <= MAX_QUEUED + 20 * (HIGH_WATER + ONE_READ)
    client.holds = False
    stream = min(client.answers)
    client.h2.increment_flow_control_window(2**20)
    client.h2.increment_flow_control_window(2**20, stream)
    await client.flush()
    await client.until(lambda: len(client.answers[stream].body) > 2**20)


async def test_a_client_with_tiny_windows_gets_everything(origin: Origins, http2: Http2Proxies) -> None:
    body = bytes(range(256)) * 4
    backend = await origin(always(ok(body)))
    client = await (await http2(to_legacy(backend.port))).connect()
    client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 100})
    await client.flush()
    stream = await client.send(request())
    assert (await client.answer(stream)).body == body


async def test_a_shut_window_opens_when_the_settings_say_so(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await http2(to_legacy(backend.port))).connect()
    client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
    await client.flush()
    stream = await client.send(request())
    await client.until(lambda: client.answers[stream].fields)
    assert client.answers[stream].body == b""
    client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 100})
    await client.flush()
    assert (await client.answer(stream)).body == b"hello"


async def test_a_backend_that_does_not_read_stops_its_client_and_no_other(origin: Origins, http2: Http2Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        head = await connection.read_head()
        if b"/stuck" in head:
            connection.reader._transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.Event().wait()
        await connection.send(ok())

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    stream = await client.begin(request(b"/stuck", (b"content-length", b"1000000000"), method=b"POST"))
    sent = 0
    async with asyncio.timeout(10):
        while sent < 64 * 1024 * 1024:
            window = min(client.h2.local_flow_control_window(stream), 16384)
            if window:
                await client.data(stream, bytes(window))
                sent += window
                continue
            try:
                async with asyncio.timeout(0.3):
                    await client.until(lambda: client.h2.local_flow_control_window(stream))
            except TimeoutError:
                break
    assert STREAM_WINDOW <= sent < 32 * 1024 * 1024
    assert client.h2.outbound_flow_control_window >= CONNECTION_WINDOW // 2 - STREAM_WINDOW
    assert (await client.ask(request(b"/fine"))).status == 200
    await client.reset(stream)


async def test_a_client_that_takes_nothing_is_given_up(
    origin: Origins, http2: Http2Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("proxy.accept", "proxy.http2.stream"):
        monkeypatch.setattr(f"{place}.STALL_SECONDS", 0.1)
    backend = await origin(always(ok(bytes(100_000))))
    client = await (await http2(to_legacy(backend.port))).connect()
    client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
    await client.flush()
    answer = await client.ask(request())
    assert (answer.status, answer.body, answer.reset) == (200, b"", ErrorCodes.CANCEL)


async def test_a_client_that_says_goodbye_still_gets_its_answers(origin: Origins, http2: Http2Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await go_on.wait()
        await connection.send(ok())

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port))).connect()
    stream = await client.send(request())
    await eventually(lambda: backend.heads)
    await client.frames(GoAwayFrame(0, last_stream_id=0, error_code=0))
    await client.until(lambda: client.goaways)
    go_on.set()
    assert (await client.answer(stream)).body == b"hello"
    await client.end()


async def test_an_idle_connection_is_told_to_go(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await http2(to_legacy(backend.port, "limits: { keep_alive: 100ms }\n"))).connect()
    assert (await client.ask(request())).status == 200
    await client.end()
    assert client.goaways == [(ErrorCodes.NO_ERROR, LAST_STREAM), (ErrorCodes.NO_ERROR, 1)]


async def test_a_client_that_never_asks_is_told_to_go(http2: Http2Proxies) -> None:
    client = await (await http2(to_legacy(1, "limits: { head_time: 100ms }\n"))).connect()
    await client.end()
    assert client.goaways[-1] == (ErrorCodes.NO_ERROR, 0)


async def test_a_drain_lets_finish_what_is_under_way_and_refuses_the_rest(origin: Origins, http2: Http2Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await go_on.wait()
        await connection.send(ok())

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    busy = await client.send(request())
    await eventually(lambda: backend.heads)
    both.running.live.drain()
    late = await client.send(request(b"/late"))  # sent before the farewell was heard: still answered
    await client.until(lambda: len(client.goaways) == 2)
    assert client.goaways == [(ErrorCodes.NO_ERROR, LAST_STREAM), (ErrorCodes.NO_ERROR, late)]
    assert (await client.ask(request(b"/too-late"))).reset == ErrorCodes.REFUSED_STREAM
    go_on.set()
    assert (await client.answer(busy)).body == b"hello"
    assert (await client.answer(late)).body == b"hello"
    await client.end()
    await asyncio.wait_for(both.running.live.emptied.wait(), 5.0)
    assert all(b"/too-late" not in head for head in backend.heads)


async def test_a_client_that_does_not_answer_the_farewell_is_not_waited_for(
    origin: Origins, http2: Http2Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.http2.connection.LINGER_SECONDS", 0.1)
    monkeypatch.setattr("proxy.http2.framing.Framing.ping", lambda *_: None)
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await go_on.wait()
        await connection.send(ok())

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    first = await client.send(request())
    await eventually(lambda: backend.heads)
    both.running.live.drain()
    second = await client.send(request())
    await client.until(lambda: len(client.goaways) == 2)
    go_on.set()
    for stream in (first, second):
        assert (await client.answer(stream)).body == b"hello"
    await client.end()


async def test_a_full_house_turns_away_http_2_too(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port, "limits: { connections: 1 }\n"))
    client = await both.connect()
    assert (await client.ask(request())).status == 200
    other = await Client.connect(both.port)
    assert (await other.read_to_end()).startswith(b"HTTP/1.1 503 ")
    await other.close()
    live = both.running.live
    server = await live.loop.create_server(lambda: http2_protocol(live), "127.0.0.1", 0)
    third = await Http2Client.connect(server.sockets[0].getsockname()[1])
    await third.end()
    assert [code for code, _ in third.goaways] == [ErrorCodes.ENHANCE_YOUR_CALM]
    server.close()
    assert both.running.count("strangler_refused", reason="connections") == 2
    assert (await client.ask(request())).status == 200


async def test_a_worker_has_as_many_streams_as_it_may_have_connections(origin: Origins, http2: Http2Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port, "limits: { connections: 3 }\n"))
    client = await both.connect()
    streams = [await client.send(request()) for _ in range(4)]
    assert (await client.answer(streams[3])).reset == ErrorCodes.REFUSED_STREAM
    assert both.running.count("strangler_refused", reason="streams") == 1
    await eventually(lambda: len(backend.heads) == 3)
    client.writer.transport.abort()


async def test_a_stream_for_which_there_is_no_file_descriptor_is_refused(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    both.running.live.most = 1
    assert (await client.ask(request())).reset == ErrorCodes.REFUSED_STREAM
    both.running.live.most = 2
    assert (await client.ask(request())).status == 200


async def test_a_slow_body_is_refused_by_its_pace(
    origin: Origins, http2: Http2Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.live_path.PACE_SECONDS", 0.05)
    monkeypatch.setattr("proxy.accept.PACE_GRACE", 0.0)

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await http2(to_legacy(backend.port, "limits: { min_rate: 1000000 }\n"))).connect()
    stream = await client.begin(request(method=b"POST"))
    answer = await client.answer(stream)
    assert answer.status == 408


async def test_keep_alive_shed_under_overload_is_a_farewell(
    origin: Origins, http2: Http2Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.limits.overload.Shedder.keeps_alive", False)
    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port))
    await eventually(lambda: both.running.live.closing)
    client = await both.connect()
    assert (await client.ask(request())).body == b"hello"
    await client.end()
    assert client.goaways == [(ErrorCodes.NO_ERROR, LAST_STREAM), (ErrorCodes.NO_ERROR, 1)]


async def test_a_lost_connection_ends_its_requests(origin: Origins, http2: Http2Proxies) -> None:
    ended: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        ended.append(await connection.reader.read())

    backend = await origin(handler)
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    for _ in range(3):
        await client.send(request())
    await eventually(lambda: len(backend.heads) == 3)
    client.writer.transport.abort()
    await eventually(lambda: len(ended) == 3)
    await eventually(lambda: not both.running.live.clients)


async def test_a_client_cannot_make_our_compression_table_grow(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok(b"", b"X-A: " + b"a" * 3000)))
    both = await http2(to_legacy(backend.port))
    client = await both.connect()
    client.h2.update_settings({SettingCodes.HEADER_TABLE_SIZE: 2**30})
    await client.flush()
    for _ in range(3):
        assert (await client.ask(request())).status == 200
    assert http2_connections(both.running.live)[0]._framing.encoder.header_table_size == MAX_TABLE


async def test_a_client_may_have_a_smaller_compression_table(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok(b"hello", *(b"X-A%d: %d" % (n, n) for n in range(20)))))
    client = await (await http2(to_legacy(backend.port))).connect()
    for size in (4096, 100, 0, 2000):
        client.h2.update_settings({SettingCodes.HEADER_TABLE_SIZE: size})
        await client.flush()
        for _ in range(2):
            assert len((await client.ask(request())).fields) == 22


async def test_a_ping_is_answered(http2: Http2Proxies) -> None:
    client = await (await http2(to_legacy(1))).connect()
    client.h2.ping(b"12345678")
    await client.flush()
    await client.until(lambda: any(isinstance(event, PingAckReceived) for event in client.events))


async def test_a_fault_of_ours_ends_one_connection_and_is_told(
    origin: Origins, http2: Http2Proxies, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port))
    client, other = await both.connect(), await both.connect()
    with monkeypatch.context() as patched:
        patched.setattr("proxy.http2.stream.read_request", fail)
        await client.send(request())
        await client.end()
    assert client.goaways[0][0] == ErrorCodes.INTERNAL_ERROR
    assert "HTTP/2 made us fail" in caplog.text
    assert (await other.ask(request())).status == 200
