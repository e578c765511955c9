"""Bodies go through as they came, at once, both ways: framing, trailers, streams, and answers that come before the request has ended."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, answering, eventually, get, ok

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BINARY = bytes(range(256)) * 1000


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"QUERY", b"POST"])
@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_a_body_arrives_whatever_the_method_and_keeps_its_framing(
    origin: Origins, proxy: Proxies, method: bytes, framing: str
) -> None:
    seen: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        for _ in range(2):
            head = await connection.read_head()
            if b"Content-Length: 256000" in head:
                seen.append(await connection.read_exactly(len(BINARY)))
            else:
                assert head.count(b"Transfer-Encoding: chunked\r\n") == 1
                body = b""
                while size := int(await connection.read_until(b"\r\n"), 16):
                    body += await connection.read_exactly(size)
                    await connection.read_exactly(2)
                await connection.read_exactly(2)
                seen.append(body)
            await connection.send(b"HTTP/1.1 204 Done\r\n\r\n")

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    head = method + b" / HTTP/1.1\r\nHost: x\r\n"
    if framing == "length":
        message = head + b"Content-Length: 256000\r\n\r\n" + BINARY
    else:
        message = head + b"Transfer-Encoding: chunked\r\n\r\n"
        message += b"".join(b"%X;ext=1\r\n%b\r\n" % (1000, BINARY[at : at + 1000]) for at in range(0, 256_000, 1000))
        message += b"0\r\n\r\n"
    for _ in range(2):
        await client.send(message)
        assert await client.read_head() == b"HTTP/1.1 204 Done\r\n\r\n"
    assert seen == [BINARY, BINARY]


async def test_a_body_may_come_in_single_bytes(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        body = await connection.read_until(b"0\r\n\r\n")
        await connection.send(ok(body))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    message = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    for byte in message:
        await client.send(bytes([byte]))
        await asyncio.sleep(0)
    status, _, body = await client.read_answer()
    assert status == 200
    assert body.endswith(b"0\r\n\r\n")
    assert b"".join(body.split(b"\r\n")[1::2]) == b"abc"


async def test_trailers_pass_both_ways_in_order(origin: Origins, proxy: Proxies) -> None:
    seen: list[bytes] = []
    trailers = b"X-Sum: 1\r\nx-sum: caf\xe9\r\ngrpc-status: 0\r\nX-Empty: \r\n\r\n"

    async def handler(connection: OriginConnection) -> None:
        for _ in range(2):
            await connection.read_head()
            seen.append(await connection.read_until(trailers))
            await connection.send(CHUNKED + b"3\r\nabc\r\n0\r\n" + trailers)

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    for _ in range(2):
        await client.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
            + trailers
        )
        assert await client.read_head() == CHUNKED
        assert await client.reader.readuntil(trailers) == b"3\r\nabc\r\n0\r\n" + trailers
    assert seen == [b"3\r\nabc\r\n0\r\n" + trailers] * 2
    assert b"\r\nTrailer: X-Sum\r\n" in backend.heads[0]
    assert len(backend.connections) == 1


@pytest.mark.promise("B37")
async def test_trailers_that_frame_or_authorise_are_dropped_both_ways(origin: Origins, proxy: Proxies) -> None:
    seen: list[bytes] = []
    evil = b"Host: evil\r\nAuthorization: x\r\nX-Forwarded-For: 1.2.3.4\r\nSet-Cookie: a=b\r\nX-Ok: 1\r\n\r\n"

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        seen.append(await connection.read_until(b"\r\n\r\n"))
        await connection.send(CHUNKED + b"0\r\n" + evil)

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + evil)
    await client.read_head()
    assert await client.reader.readuntil(b"\r\n\r\n") == b"0\r\nX-Ok: 1\r\n\r\n"
    assert seen == [b"0\r\nX-Ok: 1\r\n\r\n"]


@pytest.mark.promise("B37")
@pytest.mark.parametrize("evil", [b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_trailers_that_frame_never_pass(origin: Origins, proxy: Proxies, evil: bytes) -> None:
    trailers = evil + b"X-Ok: 1\r\n\r\n"

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(CHUNKED + b"3\r\nabc\r\n0\r\n" + trailers)
        assert evil not in await connection.reader.read()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get(b"/", b"Connection: close"))
    # Cut, or without them.
    received = await client.read_to_end()
    assert received.count(b"3\r\nabc\r\n") == 1
    assert evil not in received.partition(b"\r\n\r\n")[2]
    client = await running.connect()
    await client.send(
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
        + trailers
    )
    assert (await client.read_to_end()).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 200 "))


async def test_an_answer_to_the_end_of_the_connection_arrives_whole(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\n" + BINARY)

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    for _ in range(2):
        await client.send(get())
        status, head, body = await client.read_answer()
        assert (status, hashlib.blake2b(body).digest()) == (200, hashlib.blake2b(BINARY).digest())
        assert head == b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    old = await running.connect()
    await old.send(b"GET / HTTP/1.0\r\n\r\n")
    # Who cannot read chunks gets what the backend sent.
    assert (await old.read_to_end()).endswith(b"\r\nConnection: close\r\n\r\n" + BINARY)


async def test_a_grpc_web_stream_flows_message_by_message(origin: Origins, proxy: Proxies) -> None:
    """The answer begins before the request ends, messages go back and forth, the end is a trailer frame in the body."""

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for number in range(5):
            await connection.read_until(b"\r\n6\r\n" if number else b"6\r\n")
            assert await connection.read_exactly(6) == b"\0\0\0\0\1%d" % number
            await connection.send(b"6\r\n\0\0\0\0\1%d\r\n" % number)
        await connection.read_until(b"0\r\n\r\n")
        await connection.send(b"14\r\n\x80\0\0\0\x0fgrpc-status:0\r\n\r\n0\r\n\r\n")

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"POST /svc/Method HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert b"Content-Type: application/grpc-web\r\n" in await client.read_head()
    for number in range(5):
        message = b"6\r\n\0\0\0\0\1%d\r\n" % number
        await client.send(message)
        # The backend waits for the next message until the client has seen this answer.
        assert await client.read_exactly(len(message)) == message
    await client.send(b"0\r\n\r\n")
    assert (await client.read_to_end()).endswith(b"grpc-status:0\r\n\r\n0\r\n\r\n")


@pytest.mark.promise("U4", "U5")
async def test_a_slow_answer_inside_the_limits_is_delivered(origin: Origins, proxy: Proxies) -> None:
    """Each step takes less than its limit, all of them together far more: limits are for silence, not for length."""

    async def drips(connection: OriginConnection) -> None:
        await connection.read_head()
        await asyncio.sleep(0.15)
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        for _ in range(8):
            await asyncio.sleep(0.1)
            await connection.send(b".")

    backend = await origin(drips)
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { first_byte: 400ms, idle: 400ms } }\n"))
    client = await running.connect()
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"........")
    assert running.count("strangler_backend_failures") == 0


@pytest.mark.promise("U5")
async def test_a_backend_that_falls_silent_in_its_answer_is_cut(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n...."))
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { idle: 200ms } }\n"))
    client = await running.connect()
    await client.send(get())
    assert (await client.read_to_end()).endswith(b"\r\n\r\n....")
    assert running.count("strangler_backend_failures", kind="idle_timeout") == 1
    await eventually(backend.connections[0].ended)


@pytest.mark.promise("U5")
async def test_the_whole_may_have_a_limit_too(origin: Origins, proxy: Proxies) -> None:
    async def drips(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await connection.send(b".")
            await asyncio.sleep(0.02)

    backend = await origin(drips)
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { total: 300ms } }\n"))
    client = await running.connect()
    await client.send(get())
    assert not (await client.read_to_end()).endswith(b"0\r\n\r\n")
    assert running.count("strangler_backend_failures", kind="total_timeout") == 1


async def test_an_early_answer_does_not_wait_for_the_request(origin: Origins, proxy: Proxies) -> None:
    """Half of the body is never sent: the answer comes all the same, and the connection ends, since nobody knows what follows."""
    backend = await origin(answering(ok(b"enough")))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + bytes(500))
    assert await client.read_to_end() == ok(b"enough").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    await eventually(backend.connections[0].ended)


async def test_a_client_that_goes_on_sending_after_an_early_answer_gets_to_read_it(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends all of its body first, as many clients do: a reset while it sends would throw the answer away."""
    monkeypatch.setattr("proxy.accept.LINGER_SECONDS", 0.2)
    backend = await origin(always(b"HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big"))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777216\r\n\r\n")
    began_at = running.live.loop.time()
    while running.live.loop.time() - began_at < 0.6:
        await client.send(bytes(65536))
        await asyncio.sleep(0.02)
    assert (await client.read_to_end()).endswith(b"\r\n\r\ntoo big")
    # Silence ends it.
    await eventually(lambda: not running.live.clients)


async def test_a_client_that_never_stops_sending_is_cut_in_the_end(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.accept.MAX_LINGER_SECONDS", 0.3)
    backend = await origin(always(b"HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big"))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")

    async def send_for_ever() -> None:
        while True:
            await client.send(b"10000\r\n" + bytes(65536) + b"\r\n")
            await asyncio.sleep(0.01)

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(send_for_ever(), 5.0)
    await eventually(lambda: not running.live.clients)


async def test_a_request_after_an_early_answer_is_never_executed(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok(b"early")))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo")
    head = await client.read_head()
    assert b"Connection: close\r\n" in head
    await client.send(b"dy" + get(b"/second"))
    assert await client.read_to_end() == b"early"
    assert [head.split(b" ")[1] for head in backend.heads] == [b"/first"]
