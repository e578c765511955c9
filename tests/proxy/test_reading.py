"""What one client may cost: limits that answer, and slices that bound what waits."""

from __future__ import annotations

import asyncio

import pytest

from proxy.reading import MAX_QUEUED, SLICE
from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, eventually, get, ok

POST = b"POST /x HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


async def swallow(connection: OriginConnection) -> None:
    """Answer a chunked request once its last chunk is here; tell how many bytes came."""
    await connection.read_head()
    body = await connection.read_until(b"0\r\n\r\n")
    await connection.send(ok(b"%d" % len(body)))


@pytest.mark.parametrize(
    ("limits", "good", "bad", "status", "reason"),
    [
        ("head: 1KiB", get(b"/", b"X: " + b"a" * 900), get(b"/", b"X: " + b"a" * 1100), 431, "head_too_large"),
        ("fields: 5", get(b"/", *[b"a: b"] * 4), get(b"/", *[b"a: b"] * 5), 431, "head_too_large"),
        ("target: 1KiB", get(b"/" + b"a" * 1023), get(b"/" + b"a" * 1024), 414, "target_too_long"),
        (
            "body: 10B",
            POST + b"Content-Length: 10\r\n\r\n0123456789",
            POST + b"Content-Length: 11\r\n\r\n",
            413,
            "body_too_large",
        ),
    ],
)
async def test_a_limit_is_exact_and_its_answer_tells(
    origin: Origins, proxy: Proxies, limits: str, good: bytes, bad: bytes, status: int, reason: str
) -> None:
    async def handler(connection: OriginConnection) -> None:
        while True:
            if b"Content-Length: 10" in await connection.read_head():
                await connection.read_exactly(10)
            await connection.send(ok())

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port, f"limits: {{ {limits} }}\n"))
    client = await running.connect()
    await client.send(good)
    assert (await client.read_answer())[0] == 200
    await client.send(bad)
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 %d " % status)
    assert len(backend.heads) == 1
    assert running.count("strangler_refused", reason=reason) == 1


async def test_a_chunked_body_beyond_the_limit_is_cut_and_the_backend_sees_it_aborted(
    origin: Origins, proxy: Proxies
) -> None:
    taken: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        taken.append(await connection.reader.read())

    backend = await origin(handler)
    more = "routes:\n  - { name: up, match: { path: /up }, backend: legacy, limits: { body: 6B } }\n"
    running = await proxy(to_legacy(backend.port, more))
    client = await running.connect()
    await client.send(CHUNKED.replace(b"/x", b"/up") + b"5\r\nhello\r\n")
    await eventually(lambda: backend.heads)
    await client.send(b"5\r\nworld\r\n0\r\n\r\n")
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 413 ")
    await eventually(lambda: taken)
    assert not taken[0].endswith(b"0\r\n\r\n")
    assert running.count("strangler_refused", reason="body_too_large") == 1


async def test_a_new_table_has_new_limits_for_the_next_request(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    long = get(b"/" + b"a" * 2000)
    await client.send(long)
    assert (await client.read_answer())[0] == 200
    table = load_table(to_legacy(backend.port, "limits: { target: 1KiB }\n"))
    running.live.use(Routing(table, SECRET))
    await client.send(long)
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 414 ")


@pytest.mark.promise("C8", "B44")
async def test_of_thousands_of_pipelined_requests_all_but_some_wait_as_bytes(origin: Origins, proxy: Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            await go_on.wait()
            await connection.send(ok(head.split(b" ")[1]))

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    client.writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(10_000)))
    await eventually(lambda: backend.heads)
    (connection,) = running.live.clients
    await eventually(lambda: connection._rest)
    assert len(connection._queue) <= MAX_QUEUED + SLICE // 27
    go_on.set()
    for number in range(10_000):
        assert (await client.read_answer())[2] == b"/%d" % number
    assert len(backend.connections) == 1


@pytest.mark.promise("B39")
async def test_one_byte_chunks_go_on_in_large_ones(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(swallow)
    client = await (await proxy(to_legacy(backend.port))).connect()
    client.writer.write(CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")
    status, _, body = await client.read_answer()
    assert status == 200
    assert 100_000 < int(body) < 110_000


@pytest.mark.promise("B32")
@pytest.mark.parametrize(
    "body",
    [b"5;" + b"x" * 65536 + b"\r\nhello\r\n0\r\n\r\n", (b"1;" + b"x" * 1024 + b"\r\na\r\n") * 300],
    ids=["one long", "many"],
)
async def test_chunk_extensions_out_of_all_proportion_are_refused(origin: Origins, proxy: Proxies, body: bytes) -> None:
    backend = await origin(swallow)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(CHUNKED + body)
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 400 ")
    assert running.count("strangler_refused", reason="chunk_framing") == 1


async def test_chunk_extensions_in_proportion_pass(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(swallow)
    client = await (await proxy(to_legacy(backend.port))).connect()
    signed = b"400;chunk-signature=" + b"a" * 64 + b"\r\n" + b"x" * 1024 + b"\r\n"
    await client.send(CHUNKED + signed * 500 + b"0\r\n\r\n")
    assert (await client.read_answer())[0] == 200


@pytest.mark.promise("B38")
@pytest.mark.parametrize("piece", [b"a: b\r\n" * 500, b"X-Long: " + b"a" * 3000], ids=["many", "one without end"])
async def test_trailers_without_end_are_refused(origin: Origins, proxy: Proxies, piece: bytes) -> None:
    backend = await origin(swallow)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(CHUNKED + b"3\r\nabc\r\n0\r\n" + piece)
    for _ in range(200):
        client.writer.write(piece if piece.endswith(b"\n") else b"a" * 3000)
    assert b" 4" in (await client.read_to_end())[:13]
    assert running.count("strangler_refused") == 1


async def test_a_large_body_with_a_length_is_not_cut_up(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        body = await connection.read_exactly(3_000_000)
        await connection.send(ok(b"%d" % body.count(b"x")))
        await connection.read_head()
        await connection.send(ok(b"next"))

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    client.writer.write(POST + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000 + get(b"/next"))
    assert (await client.read_answer())[2] == b"3000000"
    assert (await client.read_answer())[2] == b"next"


async def test_a_bad_request_behind_one_that_was_framed_anew_is_refused_as_any_other(
    origin: Origins, proxy: Proxies
) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.read_exactly(4)
        await connection.send(ok())

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    framed_anew = b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nbody"
    await client.send(POST + framed_anew + b"GET / HTTP/1.1\r\n\r\n")
    assert (await client.read_answer())[0] == 200
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 400 ")
