"""``Expect: 100-continue``: the backend says whether it wants the body, and nobody waits for ever (RFC 9110 section 10.1.1)."""

from __future__ import annotations

import asyncio

import pytest

from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, answering, eventually, get, ok

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
CHUNKED_POST = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"


async def asks(connection: OriginConnection) -> None:
    """A backend that asks for each body before it reads it."""
    while True:
        head = await connection.read_head()
        if b"Expect:" not in head:
            await connection.send(ok(b"no body"))
            continue
        await connection.send(CONTINUE)
        await connection.send(ok(await connection.read_exactly(4)))


@pytest.mark.promise("B46", "C9")
async def test_the_backend_asks_for_the_body(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(asks)
    client = await (await proxy(to_legacy(backend.port))).connect()
    for _ in range(2):
        await client.send(POST)
        assert await client.read_head() == CONTINUE
        await client.send(b"body")
        assert (await client.read_answer())[::2] == (200, b"body")
    # A 100 shows that the backend is in step, so its connection is used again.
    assert len(backend.connections) == 1


@pytest.mark.promise("B47", "C9")
@pytest.mark.parametrize("refusal", [b"401 Unauthorized", b"413 Content Too Large"])
async def test_a_refusal_reaches_the_client_at_once_and_both_connections_end(
    origin: Origins, proxy: Proxies, refusal: bytes
) -> None:
    backend = await origin(answering(b"HTTP/1.1 " + refusal + b"\r\nContent-Length: 2\r\n\r\nno"))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(POST)
    received = await client.read_to_end()
    assert received == b"HTTP/1.1 " + refusal + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    await eventually(backend.connections[0].ended)


@pytest.mark.promise("B47", "B48", "C9")
async def test_a_backend_that_answers_without_asking_is_not_sent_the_next_request(
    origin: Origins, proxy: Proxies
) -> None:
    """It may have read the body or not: if not, it would take the body for the next request."""

    async def refuses(connection: OriginConnection) -> None:
        await connection.read_head()
        if connection.number == 0:
            await connection.read_exactly(4)
            await connection.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
            await connection.reader.read()
        else:
            await connection.send(ok(b"next"))

    backend = await origin(refuses)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(POST + b"body" + get(b"/next"))
    assert (await client.read_answer())[::2] == (401, b"no")
    assert (await client.read_answer())[::2] == (200, b"next")
    await eventually(backend.connections[0].ended)
    assert len(backend.heads) == 2


@pytest.mark.promise("B48", "C9")
async def test_a_body_sent_at_once_and_a_second_request_get_two_answers_in_order(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(asks)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(POST + b"body" + get(b"/second", b"Connection: close"))
    assert await client.read_to_end() == CONTINUE + ok(b"body") + ok(b"no body").replace(
        b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.promise("B49")
@pytest.mark.parametrize("value", [b"200-ok", b"100-continue, x", b"y 100-continue", b"100-continue;x=1"])
async def test_other_expectations_are_a_417(origin: Origins, proxy: Proxies, value: bytes) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: " + value + b"\r\nContent-Length: 4\r\n\r\nbody")
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 417 ")
    assert not backend.heads


@pytest.mark.promise("B50")
@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
    ],
)
async def test_nothing_is_expected_without_a_body_or_in_http_1_0(
    origin: Origins, proxy: Proxies, request_: bytes
) -> None:
    backend = await origin(asks)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(request_)
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Expect" not in backend.heads[0]


@pytest.mark.promise("B51", "C9")
@pytest.mark.parametrize("request_", [POST, CHUNKED_POST])
async def test_a_backend_that_never_asks_gets_the_body_after_a_moment(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch, request_: bytes
) -> None:
    monkeypatch.setattr("proxy.passage.CONTINUE_SECONDS", 0.1)

    async def silent(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.read_until(b"body")
        # Too late: the client was asked already, and is not asked twice.
        await connection.send(CONTINUE + ok(b"thanks"))

    backend = await origin(silent)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(request_)
    assert await client.read_head() == CONTINUE
    await client.send(b"body" if request_ is POST else b"4\r\nbody\r\n0\r\n\r\n")
    assert (await client.read_answer())[::2] == (200, b"thanks")
    assert running.count("strangler_refused") == 0


@pytest.mark.promise("B51")
async def test_a_client_that_sends_nothing_after_it_was_asked_is_given_up(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.passage.CONTINUE_SECONDS", 0.1)
    backend = await origin(answering(b""))
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { idle: 200ms } }\n"))
    client = await running.connect()
    await client.send(POST)
    received = await client.read_to_end()
    assert received.startswith(CONTINUE + b"HTTP/1.1 408 ")
    assert running.count("strangler_refused", reason="slow_body") == 1
    await eventually(backend.connections[0].ended)


@pytest.mark.promise("C9")
async def test_a_body_is_forwarded_as_it_comes_whether_asked_for_or_not(origin: Origins, proxy: Proxies) -> None:
    arrived = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        assert await connection.read_exactly(2) == b"bo"
        arrived.set()
        assert await connection.read_exactly(2) == b"dy"
        await connection.send(ok(b"whole"))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(POST + b"bo")
    await arrived.wait()
    await client.send(b"dy")
    assert (await client.read_answer())[::2] == (200, b"whole")
