"""One request on its way through: what arrives at the backend, what arrives at the client, what happens when one fails."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from typing import Any

import pytest

from proxy.pool import REST_SECONDS, Pool
from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.interpreted import interpreted
from tests.proxy.wire import OriginConnection, always, answering, eventually, get, ok


async def test_request_bytes_arrive_untouched_but_for_the_fields_of_one_hop(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(
        b"GET /a%2Fb/%7Euser//c;x=1?q=%20a&a=&b HTTP/1.1\r\nhOST: Example.com:99\r\nX-Raw: caf\xe9 \xf0\x9f\x8c\xb1\r\nX-TWICE: 1\r\n"
        b"Connection: keep-alive, X-Hop\r\nX-Hop: gone\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nx-twice: 2\r\nX-Empty:\r\n"
        b"X-Request-Id: mine\r\nX-Shadow: 1\r\nProxy: http://evil\r\n\r\n"
    )
    await client.read_answer()
    assert backend.heads[0] == (
        b"GET /a%2Fb/%7Euser//c;x=1?q=%20a&a=&b HTTP/1.1\r\nhOST: Example.com:99\r\nX-Raw: caf\xe9 \xf0\x9f\x8c\xb1\r\nX-TWICE: 1\r\n"
        b"x-twice: 2\r\nX-Empty: \r\nX-Request-Id: mine\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
        b"X-Forwarded-Host: Example.com:99\r\nVia: 1.1 "
        + running.live.pseudonym
        + b"\r\nConnection: TE\r\nTE: trailers\r\n\r\n"
    )


async def test_answer_bytes_arrive_untouched_but_for_the_fields_of_one_hop(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(
        answering(
            b"HTTP/1.1 200 Fine\xe9 by me\r\nset-cookie: a=1, b; Expires=Thu, 01 Jan 2026\r\nSet-Cookie: b=2\r\nX-Raw: caf\xe9\r\n"
            b"Connection: X-Hop\r\nX-Hop: gone\r\nKeep-Alive: timeout=5\r\nContent-Length: 5\r\nVary: a\r\nvary: b\r\n\r\nhello"
        )
    )
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    _, head, body = await client.read_answer()
    assert body == b"hello"
    assert head == (
        b"HTTP/1.1 200 Fine\xe9 by me\r\nset-cookie: a=1, b; Expires=Thu, 01 Jan 2026\r\nSet-Cookie: b=2\r\nX-Raw: caf\xe9\r\n"
        b"Content-Length: 5\r\nVary: a\r\nvary: b\r\n\r\n"
    )


async def test_a_request_without_an_id_gets_one(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for _ in range(2):
        await client.send(get())
        await client.read_answer()
    ids = [re.search(rb"X-Request-Id: ([0-9a-f]{24})\r\n", head) for head in backend.heads]
    assert len({found[1] for found in ids if found}) == 2


async def test_forwarding_fields_of_an_untrusted_peer_are_replaced(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(
        get(
            b"/",
            b"X-Forwarded-For: 1.2.3.4",
            b"X_Forwarded_For: 1.2.3.4",
            b"Forwarded: for=1.2.3.4",
            b"X-Forwarded-Proto: https",
            b"X-Real-IP: 1.2.3.4",
            b"Connection: X-Forwarded-For, X-Forwarded-Host",
        )
    )
    await client.read_answer()
    (head,) = backend.heads
    assert b"1.2.3.4" not in head
    assert b"X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: example.com\r\n" in head


async def test_forwarding_fields_of_a_trusted_peer_are_kept_and_added_to(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(ok()))
    table = to_legacy(backend.port, "defaults: { trusted_proxies: [127.0.0.0/8] }\n")
    client = await (await proxy(table)).connect()
    await client.send(
        get(b"/", b"X-Forwarded-For: 1.2.3.4", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: shop.example")
    )
    await client.read_answer()
    assert (
        b"X-Forwarded-For: 1.2.3.4, 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n"
        in backend.heads[0]
    )


async def test_bodies_stream_both_ways_before_either_is_complete(origin: Origins, proxy: Proxies) -> None:
    async def echo(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        await connection.send(await connection.read_exactly(3))
        await connection.send(await connection.read_exactly(3))

    backend = await origin(echo)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
    head = await client.read_head()
    assert await client.read_exactly(3) == b"abc"
    await client.send(b"def")
    assert await client.read_exactly(3) == b"def"
    # The answer began before the request had ended, so where the next request starts was not known then.
    assert b"Connection: close" in head


async def test_chunked_bodies_keep_their_framing_and_their_trailers(origin: Origins, proxy: Proxies) -> None:
    seen: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        seen.append(await connection.read_until(b"X-Sum: 1\r\n\r\n"))
        await connection.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 2\r\nHost: evil\r\n\r\n"
        )

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    assert await client.read_head() == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    assert await client.reader.readuntil(b"X-Sum: 2\r\n\r\n") == b"3\r\nabc\r\n0\r\nX-Sum: 2\r\n\r\n"
    # Chunks that came together go on as one (RFC 9112 section 7.1: their borders mean nothing).
    assert seen == [b"5\r\nabcde\r\n0\r\nX-Sum: 1\r\n\r\n"]


@pytest.mark.promise("U7")
@pytest.mark.parametrize(
    ("method", "answer", "sent"),
    [
        (b"GET", b"204 No Content\r\n", None),
        (b"GET", b"204 No Content\r\nContent-Length: 5\r\n", b"204 No Content\r\n"),
        (b"GET", b"204 No Content\r\nTransfer-Encoding: chunked\r\n", b"204 No Content\r\n"),
        (b"GET", b"304 Not Modified\r\n", None),
        (b"GET", b"304 Not Modified\r\nContent-Length: 5\r\n", None),
        (b"GET", b"304 Not Modified\r\nTransfer-Encoding: chunked\r\n", b"304 Not Modified\r\n"),
        (b"HEAD", b"200 OK\r\nContent-Length: 5\r\n", None),
        (b"HEAD", b"200 OK\r\nTransfer-Encoding: chunked\r\n", None),
        (b"HEAD", b"200 OK\r\n", None),
    ],
)
async def test_answers_without_body_leave_both_connections_in_step(
    origin: Origins, proxy: Proxies, method: bytes, answer: bytes, sent: bytes | None
) -> None:
    """What frames a body is kept where it tells something (HEAD, 304), and dropped where a client might wait for one."""
    backend = await origin(answering(b"HTTP/1.1 " + answer + b"\r\n", ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get(method=method))
    assert await client.read_head() == b"HTTP/1.1 " + (sent or answer) + b"\r\n"
    # A connection whose answer told of a body is used again when none has come.
    then = running.live.now + 2 * REST_SECONDS
    await eventually(lambda: running.live.now > then)
    await client.send(get())
    assert (await client.read_answer())[2] == b"hello"
    assert len(backend.connections) == 1


async def test_an_answer_that_ends_with_its_connection_is_sent_on_in_chunks(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    for _ in range(2):
        await client.send(get())
        assert (await client.read_answer())[2] == b"until the end"


async def test_an_http_1_0_client_gets_no_chunks_and_a_closed_connection(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    assert await client.read_to_end() == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"
    assert b"Via: 1.0 strangler-" in backend.heads[0]


async def test_an_http_1_0_client_may_keep_its_connection(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for _ in range(2):
        await client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        _, head, _ = await client.read_answer()
        assert b"Connection: keep-alive" in head


async def test_connection_close_from_the_client_closes_after_the_answer(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(answering(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(b"/", b"Connection: close"))
    assert (await client.read_to_end()).endswith(b"Connection: close\r\n\r\nhello")
    assert b"Connection" not in backend.heads[0]


@pytest.mark.promise("U1")
async def test_nobody_listening_is_a_502_with_the_request_id(proxy: Proxies, unused_port: int) -> None:
    running = await proxy(to_legacy(unused_port))
    client = await running.connect()
    await client.send(get(b"/", b"X-Request-Id: abc"))
    status, head, body = await client.read_answer()
    assert (status, b"application/problem+json" in head, b'"request_id": "abc"' in body) == (502, True, True)
    # Nothing was wrong with the request, so the connection lives on.
    await client.send(get())
    assert (await client.read_answer())[0] == 502
    assert running.count("strangler_backend_failures", kind="refused") == 2


@pytest.mark.promise("U6")
async def test_a_backend_that_hangs_up_without_an_answer_is_a_502(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert (await client.read_answer())[0] == 502
    assert len(backend.heads) == 1


@pytest.mark.promise("U3")
async def test_a_silent_backend_is_a_504_after_the_first_byte_timeout(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { first_byte: 100ms } }\n"))
    client = await running.connect()
    await client.send(get())
    assert (await client.read_answer())[0] == 504
    assert running.count("strangler_backend_failures", kind="first_byte_timeout") == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n",
    ],
)
async def test_an_answer_cut_short_is_visibly_cut_short(origin: Origins, proxy: Proxies, answer: bytes) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(answer)

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    received = await client.read_to_end()
    assert b"only this" in received
    assert not received.endswith(b"0\r\n\r\n")
    await eventually(lambda: running.count("strangler_backend_failures", kind="cut_short") == 1)


@pytest.mark.promise("U6")
async def test_a_dead_reused_connection_is_replaced_for_a_request_that_may_be_repeated(
    origin: Origins, proxy: Proxies
) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(ok(b"%d" % connection.number))
        await connection.read_head()
        connection.reset()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    assert (await client.read_answer())[2] == b"0"
    await client.send(get())
    assert (await client.read_answer())[2] == b"1"
    assert running.count("strangler_retries") == 1


@pytest.mark.promise("U6")
async def test_a_post_is_never_sent_twice(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(ok())
        await connection.read_head()
        connection.reset()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    await client.read_answer()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
    assert (await client.read_answer())[0] == 502
    assert sum(head.startswith(b"POST") for head in backend.heads) == 1


@pytest.mark.promise("C6")
async def test_a_client_that_leaves_frees_the_backend_at_once(origin: Origins, proxy: Proxies) -> None:
    ended = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()
        ended.set()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await eventually(lambda: backend.heads)
    await client.close()
    await asyncio.wait_for(ended.wait(), 1.0)
    await eventually(lambda: running.count("strangler_in_flight") == 0)


@pytest.mark.promise("C5")
async def test_a_slow_reader_holds_the_backend_back(origin: Origins, proxy: Proxies) -> None:
    """32 MiB to a client that does not read: what the proxy takes from the backend stays far below that."""
    sent = 0

    async def handler(connection: OriginConnection) -> None:
        nonlocal sent
        await connection.read_head()
        connection.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n")
        for _ in range(512):
            await connection.send(bytes(65536))
            sent += 65536

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    await client.read_head()
    still = -1
    while still != sent:
        still = sent
        await asyncio.sleep(0.2)
    assert sent < 24 * 2**20
    assert len(await client.read_exactly(33554432)) == 33554432


@pytest.mark.promise("U13")
async def test_a_slow_backend_holds_the_client_back(origin: Origins, proxy: Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await go_on.wait()
        body = await connection.read_exactly(33554432)
        await connection.send(ok(b"%d" % len(body)))

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    client.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 33554432\r\n\r\n" + bytes(33554432))
    await eventually(lambda: backend.heads)
    taken = -1
    while taken != (passage := next(iter(running.live.clients)).passage).bytes_in:  # type: ignore[union-attr]
        taken = passage.bytes_in  # type: ignore[union-attr]
        await asyncio.sleep(0.2)
    assert taken < 24 * 2**20
    go_on.set()
    assert (await client.read_answer())[2] == b"33554432"


FALLBACK = """
  orders: { url: 'http://127.0.0.1:%d', timeouts: { first_byte: 200ms } }
routes:
  - { name: orders, match: { path: /orders/** }, backend: orders, fallback: legacy }
"""


@pytest.mark.promise("U15")
async def test_legacy_answers_a_safe_request_that_the_new_backend_failed(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    legacy = await origin(always(ok(b"from legacy")))
    running = await proxy(to_legacy(legacy.port, FALLBACK.lstrip("\n") % unused_port))
    client = await running.connect()
    await client.send(get(b"/orders/1"))
    assert (await client.read_answer())[2] == b"from legacy"
    await client.send(b"POST /orders/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert (await client.read_answer())[0] == 502
    assert running.count("strangler_fallbacks", route="orders") == 1
    assert running.count("strangler_in_flight") == 0


@pytest.mark.promise("U15")
async def test_a_fallback_from_the_candidate_is_told_apart_from_one_from_legacy(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    """The first is an error of the candidate and counts as evidence; the second is a copy lost."""
    spare = await origin(always(ok(b"spare")))
    running = await proxy(
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{unused_port}' }}\n"
        f"  new: {{ url: 'http://127.0.0.1:{unused_port}' }}\n  spare: {{ url: 'http://127.0.0.1:{spare.port}' }}\n"
        "defaults: { timeouts: { connect: 1s } }\nroutes:\n"
        "  - { name: new, match: { path: /new }, backend: new, shadow: { sample: 100% }, fallback: spare }\n"
        "  - { name: some, match: { path: /some }, backend: new, shadow: { sample: 0.0001% }, fallback: spare }\n"
        "  - { name: old, match: { path: /old }, backend: legacy, shadow: { sample: 100%, candidate: new }, fallback: spare }\n"
    )
    running.live.dice = lambda: 0.5
    client = await running.connect()
    for target in (b"/new", b"/some", b"/old"):
        await client.send(get(target))
        assert (await client.read_answer())[2] == b"spare"
    await eventually(lambda: len(running.access_log.lines) == 3)
    assert running.count("strangler_skipped", route="new", reason="fallback") == 1
    assert running.count("strangler_skipped", route="some", reason="not_sampled") == 1
    assert running.count("strangler_skipped", route="old", reason="no_answer") == 1


@pytest.mark.promise("U15")
async def test_a_candidate_that_fails_where_nobody_stands_in_is_evidence_and_legacy_is_a_loss(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    async def cutting(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")

    cut = await origin(cutting)
    running = await proxy(
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{unused_port}' }}\n"
        f"  new: {{ url: 'http://127.0.0.1:{unused_port}' }}\n  cut: {{ url: 'http://127.0.0.1:{cut.port}' }}\n"
        "defaults: { timeouts: { connect: 1s } }\nroutes:\n"
        "  - { name: none, match: { path: /none }, backend: new, shadow: { sample: 100% } }\n"
        "  - { name: both, match: { path: /both }, backend: new, shadow: { sample: 100% }, fallback: legacy }\n"
        "  - { name: cut, match: { path: /cut }, backend: cut, shadow: { sample: 100% } }\n"
        "  - { name: old, match: { path: /old }, backend: legacy, shadow: { sample: 100%, candidate: new } }\n"
    )
    for target in (b"/none", b"/both", b"/cut", b"/old"):
        client = await running.connect()
        await client.send(get(target, b"Connection: close"))
        await client.read_to_end()
        await client.close()
    await eventually(lambda: len(running.access_log.lines) == 4)
    for route in ("none", "both", "cut"):
        assert running.count("strangler_skipped", route=route, reason="candidate_failed") == 1, route
    assert running.count("strangler_skipped", route="old", reason="no_answer") == 1


async def test_every_request_is_counted_and_logged_once(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    for _ in range(3):
        await client.send(get(b"/x"))
        await client.read_answer()
    await eventually(lambda: len(running.access_log.lines) == 3)
    assert running.count("strangler_requests", backend="legacy", status_class="2xx") == 3
    assert running.count("strangler_seen", route="(unclaimed)") == 3
    assert running.count("strangler_skipped", route="(unclaimed)", reason="no_shadow") == 3
    assert running.count("strangler_in_flight") == 0


@pytest.mark.promise("U2")
async def test_a_name_that_does_not_resolve_fails_its_own_requests_only(origin: Origins, proxy: Proxies) -> None:
    legacy = await origin(always(ok(b"from legacy")))
    table = """
  orders: { url: 'http://nowhere.invalid:9000', timeouts: { connect: 1s } }
routes:
  - { name: orders, match: { path: /orders/** }, backend: orders }
"""
    running = await proxy(to_legacy(legacy.port, table.lstrip("\n")))
    lost, client = await running.connect(), await running.connect()
    await lost.send(get(b"/orders/1"))
    for _ in range(20):
        await client.send(get(b"/"))
        assert (await client.read_answer())[2] == b"from legacy"
    # Refused by the resolver, or the resolver does not answer in time.
    assert (await lost.read_answer())[0] in {502, 504}
    assert running.count("strangler_backend_failures", backend="orders") == 1
    assert running.count("strangler_in_flight") == 0


@interpreted
@pytest.mark.promise("U1")
async def test_the_body_of_a_request_is_not_taken_before_its_backend_is_reached(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the connection is made, only a little of the body is read; then the client is held."""
    reached = asyncio.Event()

    async def late(self: Pool, seconds: float, *callbacks: Any) -> None:
        await reached.wait()
        await connect(self, seconds, *callbacks)

    connect = Pool._connect
    monkeypatch.setattr(Pool, "_connect", late)

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(ok(b"%d" % len(await connection.read_exactly(2**24))))

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    sending = asyncio.create_task(
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777216\r\n\r\n" + bytes(2**24))
    )
    await eventually(lambda: [c for c in running.live.clients if not c.transport.is_reading()])
    (connection,) = running.live.clients
    assert connection.passage is not None
    assert connection.passage.bytes_in < 2**20
    reached.set()
    assert (await client.read_answer())[2] == b"16777216"
    await sending


@pytest.mark.promise("U1")
async def test_a_backend_that_accepts_nobody_is_a_504_after_the_connect_timeout(proxy: Proxies) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(4):  # what fits its queue, and more
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            running = await proxy(to_legacy(port, "defaults: { timeouts: { connect: 300ms } }\n"))
            client = await running.connect()
            sent_at = running.live.loop.time()
            await client.send(get())
            assert (await client.read_answer())[0] == 504
            assert 0.25 < running.live.loop.time() - sent_at < 2.0
    assert running.count("strangler_backend_failures", kind="connect_timeout") == 1
