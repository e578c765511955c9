"""What is refused before any backend sees a byte, and that the connection stays in step otherwise."""

from __future__ import annotations

import asyncio
import re

import pytest

from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, to_legacy
from tests.proxy.wire import Client, OriginConnection, always, answering, eventually, get, ok

REFUSED = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "length and chunked": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
        400,
    ),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 10\r\n\r\nhello", 400),
    "the same length twice": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        400,
    ),
    "signed length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", 400),
    "empty length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nhello", 400),
    "space before colon": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello", 400),
    "unknown transfer coding": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
    "chunked not last": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    "chunked in 1.0": (b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "folded line": (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n", 400),
    "control byte in value": (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\x00c\r\n\r\n", 400),
    "unknown expectation": (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 417),
    "unknown method": (b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    "unknown version": (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    "trace": (b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    "connect": (b"CONNECT internal:22 HTTP/1.1\r\nHost: internal:22\r\n\r\n", 405),
    "long target": (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "large field": (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70000 + b"\r\n\r\n", 431),
    "many fields": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 300 + b"\r\n", 431),
    "dot segments": (b"GET /a/%2e%2e/b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "two hosts, one in the target": (b"GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a target that is no path": (b"GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
}


async def test_an_ambiguous_target_is_explained_in_a_sentence(origin: Origins, proxy: Proxies) -> None:
    client = await (await proxy(to_legacy((await origin(always(ok()))).port))).connect()
    await client.send(get(b"/a/../b"))
    assert b'"detail": "The path holds a dot segment."' in await client.read_to_end()


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_ambiguous_is_refused_and_closed_and_no_backend_sees_it(
    origin: Origins, proxy: Proxies, name: str
) -> None:
    request, status = REFUSED[name]
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(request + get(b"/smuggled"))
    received = await client.read_to_end()
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert len(re.findall(rb"HTTP/1\.1 \d{3} ", received)) == 1
    assert b"Connection: close\r\n" in received
    assert backend.heads == []
    fresh = await running.connect()
    await fresh.send(get())
    assert (await fresh.read_answer())[0] == 200
    assert running.count("strangler_refused") == 1


async def test_a_broken_chunk_ends_the_request_at_the_backend_too(origin: Origins, proxy: Proxies) -> None:
    taken: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        taken.append(await connection.reader.read())

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    await eventually(lambda: backend.heads)
    await client.send(b"ZZ\r\n" + get(b"/smuggled"))
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 400 ")
    await eventually(lambda: taken)
    assert taken == [b"3\r\nabc\r\n"]


async def test_pipelined_requests_are_answered_in_order(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            size = 2 if head.startswith(b"POST") else 0
            await connection.send(ok(head.split(b" ")[1] + await connection.read_exactly(size)))

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    requests = [get(b"/%d" % n) for n in range(50)]
    requests[7] = b"POST /7 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
    await client.send(b"".join(requests))
    answers = [(await client.read_answer())[2] for _ in range(50)]
    assert answers == [b"/7hi" if n == 7 else b"/%d" % n for n in range(50)]
    assert len(backend.connections) == 1


async def test_a_bad_request_behind_good_ones_is_refused_in_its_turn(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(b"/1") + get(b"/2") + b"GET / HTTP/1.1\r\n\r\n" + get(b"/never"))
    for _ in range(2):
        assert (await client.read_answer())[0] == 200
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 400 ")
    assert len(backend.heads) == 2


async def test_a_head_may_come_in_single_bytes(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for byte in get(b"/slow", b"X-A: b"):
        await client.send(bytes([byte]))
    assert (await client.read_answer())[0] == 200
    assert backend.heads[0].startswith(b"GET /slow HTTP/1.1\r\nHost: example.com\r\nX-A: b\r\n")


async def test_an_upgrade_with_a_body_is_read_as_a_request_with_a_body(origin: Origins, proxy: Proxies) -> None:
    """The body of an upgrade request is a body, not the next request."""
    bodies: list[bytes] = []
    smuggled = get(b"/admin")

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        bodies.append(await connection.read_exactly(len(smuggled)))
        await connection.send(ok(b"first"))
        await connection.read_head()
        await connection.send(ok(b"second"))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(
        b"POST /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: %d\r\n\r\n"
        % len(smuggled)
        + smuggled
        + get(b"/next")
    )
    assert (await client.read_answer())[2] == b"first"
    assert (await client.read_answer())[2] == b"second"
    assert bodies == [smuggled]
    assert [head.split(b" ")[1] for head in backend.heads] == [b"/chat", b"/next"]
    assert b"pgrade" not in backend.heads[0]


async def test_h2c_is_never_passed_on(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(
        get(b"/", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQ") + get(b"/2")
    )
    assert (await client.read_answer())[0] == 200
    assert (await client.read_answer())[0] == 200
    assert b"h2c" not in backend.heads[0]
    assert b"HTTP2-Settings" not in backend.heads[0]


@pytest.mark.promise("B85")
async def test_a_request_that_went_in_a_circle_is_told_so(origin: Origins, proxy: Proxies, unused_port: int) -> None:
    running = await proxy(to_legacy(unused_port))
    # Now the backend is this proxy itself, as when DNS or the table points back at it.
    running.live.use(Routing(load_table(to_legacy(running.port)), SECRET))
    client = await running.connect()
    await client.send(get(b"/circle", b"Via: 1.0 fred, 1.1 strangler"))
    assert (await client.read_answer())[0] == 508
    assert running.count("strangler_refused", reason="loop") == 1


async def test_a_slow_head_is_given_up(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port, "limits: { head_time: 100ms }\n"))).connect()
    await client.send(b"GET / HTTP/1.1\r\nHos")
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 408 ")


async def test_an_idle_connection_is_closed_without_a_word(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port, "limits: { keep_alive: 100ms }\n"))).connect()
    await client.send(get())
    await client.read_answer()
    assert await client.read_to_end() == b""


async def test_a_drain_closes_idle_connections_and_lets_the_others_finish(origin: Origins, proxy: Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await go_on.wait()
        await connection.send(ok())

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    idle, busy = await running.connect(), await running.connect()
    await busy.send(get())
    await eventually(lambda: backend.heads)
    running.live.drain()
    assert await idle.read_to_end() == b""  # after its last second
    go_on.set()
    assert (await busy.read_to_end()).endswith(b"Connection: close\r\n\r\nhello")


@pytest.mark.promise("O6")
async def test_a_request_that_crosses_with_a_drain_is_answered(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await client.read_answer()
    running.live.drain()
    await client.send(get())
    assert (await client.read_to_end()).endswith(b"Connection: close\r\n\r\nhello")
    await asyncio.wait_for(running.live.emptied.wait(), 5.0)


@pytest.mark.promise("O6")
async def test_who_could_not_be_told_of_a_drain_may_ask_once_more(origin: Origins, proxy: Proxies) -> None:
    """The head of the answer under way went out before."""
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(ok(b"0123456789")[:-5])
        await go_on.wait()
        await connection.send(b"56789")
        await connection.read_head()
        await connection.send(ok())

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await client.read_head()
    running.live.drain()
    go_on.set()
    assert await client.read_exactly(10) == b"0123456789"
    await client.send(get())
    assert (await client.read_to_end()).endswith(b"Connection: close\r\n\r\nhello")


@pytest.mark.parametrize(
    "request_start",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ],
    ids=["one endless field", "endless fields", "endless trailers"],
)
async def test_fields_without_end_are_refused_however_slowly_they_come(
    origin: Origins, proxy: Proxies, request_start: bytes
) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    more = b"a" * 1000 if request_start.endswith(b"X-A: ") else b"a: b\r\n" * 100
    await client.send(request_start)
    for _ in range(400):
        client.writer.write(more)
        await asyncio.sleep(0)
    received = await client.read_to_end()
    assert b"HTTP/1.1 431 " in received or received.startswith(b"HTTP/1.1 200 ")
    assert client.reader.at_eof()


async def test_a_half_head_behind_many_pipelined_requests_is_no_large_head(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get() * 2500 + b"GET /half HTTP/1.1\r\nHo")
    for _ in range(2500):
        assert (await client.read_answer())[0] == 200
    await client.send(b"st: x\r\n\r\n")
    assert (await client.read_answer())[0] == 200


async def test_many_trailers_are_refused(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    start = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    await client.send(start + b"a: b\r\n" * 1000 + b"\r\n" + get(b"/smuggled"))
    received = await client.read_to_end()
    assert re.findall(rb"HTTP/1\.1 (\d+) ", received) in ([b"431"], [b"200"])
    assert all(head.startswith(b"POST") for head in backend.heads)


async def test_naming_the_framing_in_connection_does_not_remove_it(origin: Origins, proxy: Proxies) -> None:
    """Else the backend would take the body for the next request."""

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.read_until(b"0\r\n\r\n")
        await connection.send(ok())
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    lines = b"Connection: Transfer-Encoding, Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n"
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\n" + lines + b"3\r\nabc\r\n0\r\n\r\n")
    assert (await client.read_answer())[0] == 200
    assert b"Transfer-Encoding: chunked\r\n" in backend.heads[0]


async def test_a_connection_whose_body_met_no_backend_is_read_on(proxy: Proxies, unused_port: int) -> None:
    client = await (await proxy(to_legacy(unused_port))).connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + bytes(100000))
    status, head, _ = await client.read_answer()
    assert status == 502
    if b"Connection: close" not in head:
        await client.send(get())
        assert (await client.read_answer())[0] == 502


async def test_a_drain_answers_a_request_that_is_half_here(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    new, half = await running.connect(), await running.connect()
    await half.send(b"GET / HTTP/1.1\r\n")
    await eventually(lambda: any(client._in_head for client in running.live.clients))
    running.live.drain()
    await half.send(b"Host: x\r\n\r\n")
    await new.send(get())
    for client in (half, new):
        assert (await client.read_to_end()).endswith(b"Connection: close\r\n\r\nhello")
    await asyncio.wait_for(running.live.emptied.wait(), 5.0)


async def test_one_deadline_that_fails_does_not_stop_the_clock(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a bug")

    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await eventually(lambda: running.live.clients)
    monkeypatch.setattr("proxy.accept.ClientConnection.expire", fail)
    next(iter(running.live.clients)).deadline = 0.0
    assert await client.read_to_end() == b""
    before = running.live.now
    await eventually(lambda: running.live.now > before)
    assert "a deadline made us fail" in caplog.text


async def test_more_connections_than_allowed_get_an_answer_and_those_inside_go_on(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port, "limits: { connections: 2 }\n"))
    inside = [await running.connect() for _ in range(2)]
    await eventually(lambda: len(running.live.clients) == 2)
    outside = await running.connect()
    received = await outside.read_to_end()
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1\r\n" in received
    for client in inside:
        await client.send(get())
        assert (await client.read_answer())[0] == 200
    await inside[0].close()
    await outside.close()
    await eventually(lambda: len(running.live.clients) == 1)
    again = await running.connect()
    await again.send(get())
    assert (await again.read_answer())[0] == 200
    assert running.count("strangler_refused", reason="connections") == 1


async def test_far_more_connections_than_allowed_are_closed_without_a_word(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.live_path.MAX_TURNED_AWAY", 0)
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port, "limits: { connections: 1 }\n"))
    await running.connect()
    await eventually(lambda: running.live.clients)
    assert await (await running.connect()).read_to_end() == b""
    assert running.count("strangler_refused", reason="connections") == 1


async def test_one_address_may_have_so_many_connections(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port, "limits: { per_address: 1 }\n"))
    client = await running.connect()
    await eventually(lambda: running.live.clients)
    assert (await (await running.connect()).read_to_end()).startswith(b"HTTP/1.1 429 ")
    await client.send(get())
    assert (await client.read_answer())[0] == 200
    assert running.count("strangler_refused", reason="address_connections") == 1


@pytest.fixture
def quick_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("proxy.accept.PACE_SECONDS", "proxy.live_path.PACE_SECONDS"):
        monkeypatch.setattr(place, 0.05)
    monkeypatch.setattr("proxy.accept.PACE_GRACE", 0.1)


async def drip(client: Client, sent: asyncio.Event | None = None) -> None:
    while sent is None or not sent.is_set():
        client.writer.write(b"1\r\nx\r\n")
        await asyncio.sleep(0.01)


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.promise("C4")
@pytest.mark.usefixtures("quick_pace")
async def test_a_body_that_only_drips_is_given_up(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port, "limits: { min_rate: 1000 }\n"))
    client = await running.connect()
    await client.send(CHUNKED)
    dripping = asyncio.create_task(drip(client))
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 408 ")
    dripping.cancel()
    assert running.count("strangler_refused", reason="slow_body") == 1
    assert running.count("strangler_backend_failures") == 0


@pytest.mark.usefixtures("quick_pace")
@pytest.mark.parametrize(("rate", "answers_at_once"), [(0, False), (10**6, True)])
async def test_a_slow_body_may_be_wanted(origin: Origins, proxy: Proxies, rate: int, answers_at_once: bool) -> None:
    """No rate is asked for, or the backend answers while it reads, as in a conversation."""

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        if answers_at_once:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        await connection.read_until(b"0\r\n\r\n")
        await connection.send(b"hello" if answers_at_once else ok())

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port, f"limits: {{ min_rate: {rate} }}\n"))
    client = await running.connect()
    await client.send(CHUNKED)
    await eventually(lambda: backend.heads)
    enough = asyncio.Event()
    dripping = asyncio.create_task(drip(client, enough))
    end = running.live.now + 0.3
    await eventually(lambda: running.live.now > end)
    enough.set()
    await dripping
    client.writer.write(b"0\r\n\r\n")
    status, _, body = await client.read_answer()
    assert (status, body) == (200, b"hello")


@pytest.mark.usefixtures("quick_pace")
async def test_a_body_is_not_slow_while_the_backend_does_not_take_it(origin: Origins, proxy: Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await go_on.wait()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port, "limits: { min_rate: 1000000 }\n"))
    client = await running.connect()
    await client.send(CHUNKED)
    client.writer.write((b"100000\r\n" + bytes(2**20) + b"\r\n") * 30)
    await eventually(lambda: any(one.held_by_backend() for one in running.live.clients))
    end = running.live.now + 0.5
    (connection,) = running.live.clients
    assert connection.passage is not None
    connection.passage.bytes_in = 0  # whatever it has sent before
    await eventually(lambda: running.live.now > end)
    assert running.count("strangler_refused") == 0
    go_on.set()
