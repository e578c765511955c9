"""Retries, over real sockets: what is sent again, what never is, and what it may cost."""

from __future__ import annotations

import asyncio
import re

import pytest

from proxy.guards.budget import FLOOR
from tests.proxy.conftest import Origins, Proxies, Proxy
from tests.proxy.wire import Handler, OriginConnection, always, eventually, get, ok

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
POST = b"POST /n HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"


def table(urls: list[int], retries: str, more: str = "", legacy: int = 1) -> str:
    addresses = ", ".join(f"'http://127.0.0.1:{port}'" for port in urls)
    return (
        f"version: 1\nbackends:\n  legacy: {{ url: 'http://127.0.0.1:{legacy}' }}\n  new: {{ urls: [{addresses}] }}\n"
        f"routes: [{{ name: n, match: {{ path: /n/** }}, backend: new, retries: {{ {retries} }}, {more} }}]\n"
    )


def in_turn(*answers: bytes | None) -> Handler:
    """One answer for each request, the last one for all that follow; None closes the connection without a word. Requests with a
    body are read whole."""
    left = list(answers)

    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if length:
                connection.heads[-1] += await connection.read_exactly(int(length[1]))
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer is None:
                return
            await connection.send(answer)

    return handler


async def ask(running: Proxy, request: bytes) -> tuple[int, bytes, bytes]:
    client = await running.connect()
    await client.send(request)
    return await client.read_answer()


async def test_without_retries_in_the_table_there_are_none(origin: Origins, proxy: Proxies) -> None:
    new = await origin(in_turn(None, ok()))
    running = await proxy(
        f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{new.port}' }} }}\n",
    )
    assert (await ask(running, get(b"/n")))[0] == 502
    assert len(new.heads) == 1


async def test_no_answer_is_tried_again_for_get_and_never_for_post(origin: Origins, proxy: Proxies) -> None:
    new = await origin(in_turn(None, ok(b"second"), None, ok()))
    running = await proxy(table([new.port], "attempts: 1"))
    assert (await ask(running, get(b"/n")))[2] == b"second"
    assert running.count("strangler_retries", backend="new", reason="no_answer") == 1
    assert (await ask(running, POST))[0] == 502
    assert len(new.heads) == 3
    assert running.count("strangler_in_flight") == 0


@pytest.mark.promise("U1")
async def test_a_connection_that_is_refused_is_tried_again_at_another_endpoint_with_any_body(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    new = await origin(in_turn(ok(b"there")))
    running = await proxy(table([unused_port, new.port], "attempts: 1, when: [connect], budget: 100%"))
    for _ in range(4):
        assert (await ask(running, POST))[2] == b"there"
    size = 300_000
    post = b"POST /n HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
    for _ in range(2):
        assert (await ask(running, post + b"x" * size))[2] == b"there"
    assert {len(head.partition(b"\r\n\r\n")[2]) for head in new.heads} == {3, size}
    assert running.count("strangler_retries", reason="connect") > 0


async def test_a_body_that_is_kept_is_sent_again_and_one_that_is_not_ends_the_request(
    origin: Origins, proxy: Proxies
) -> None:
    new = await origin(in_turn(None, ok(b"second"), None, ok(b"never")))
    running = await proxy(table([new.port], "attempts: 1"))
    for size, expected in ((60_000, 200), (70_000, 502)):
        body = bytes(n % 251 for n in range(size))
        put = b"PUT /n HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + body
        status, _, _ = await ask(running, put)
        assert status == expected
        assert new.heads[-1].endswith(body)
    assert len(new.heads) == 3


async def test_a_body_of_which_only_a_part_has_come_goes_on_where_it_was(origin: Origins, proxy: Proxies) -> None:
    seen: list[bytes] = []
    cut = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        if len(seen) == 0:
            seen.append(await connection.read_until(b"3\r\nabc\r\n"))
            await cut.wait()
            return
        seen.append(await connection.read_until(b"0\r\n\r\n"))
        await connection.send(ok(b"whole"))

    new = await origin(handler)
    running = await proxy(table([new.port], "attempts: 1"))
    client = await running.connect()
    await client.send(b"PUT /n HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    await eventually(lambda: seen)
    cut.set()
    await eventually(lambda: running.count("strangler_retries", reason="no_answer") == 1)
    await client.send(b"3\r\ndef\r\n0\r\n\r\n")
    assert (await client.read_answer())[2] == b"whole"
    assert seen[1] == b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"


async def test_a_status_that_the_table_names_is_thrown_away_and_the_last_one_passed_on(
    origin: Origins, proxy: Proxies
) -> None:
    new = await origin(in_turn(BUSY, ok(b"second"), BUSY, BUSY, BUSY))
    running = await proxy(table([new.port], "attempts: 2, when: ['503']"))
    assert (await ask(running, get(b"/n")))[2] == b"second"
    status, head, body = await ask(running, get(b"/n"))
    assert (status, body) == (503, b"busy")
    assert b"problem+json" not in head
    assert len(new.heads) == 5
    assert (await ask(running, POST))[2] == b"busy"
    assert len(new.heads) == 6
    assert running.count("strangler_retries", backend="new", reason="503") == 3
    assert running.count("strangler_requests", backend="new") == 3


async def test_other_statuses_and_answers_that_say_when_to_come_again_are_passed_on(
    origin: Origins, proxy: Proxies
) -> None:
    later = BUSY.replace(b"Content-Length", b"Retry-After: 7\r\nContent-Length")
    new = await origin(in_turn(later, BUSY.replace(b"503", b"502"), ok()))
    running = await proxy(table([new.port], "attempts: 3, when: ['503']"))
    status, head, _ = await ask(running, get(b"/n"))
    assert (status, b"Retry-After: 7" in head) == (503, True)
    assert (await ask(running, get(b"/n")))[0] == 502
    assert len(new.heads) == 2


async def test_nothing_is_tried_again_after_the_first_byte(origin: Origins, proxy: Proxies) -> None:

    async def cut(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")

    new = await origin(cut)
    running = await proxy(table([new.port], "attempts: 5, when: [connect, no_answer, timeout, '502', '503', '504']"))
    client = await running.connect()
    await client.send(get(b"/n"))
    assert (await client.read_to_end()).endswith(b"\r\n\r\nabc")
    assert len(new.heads) == 1


@pytest.mark.alone
async def test_a_timeout_is_tried_again_as_often_as_the_whole_leaves_time(origin: Origins, proxy: Proxies) -> None:
    async def silent(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    new = await origin(silent)
    running = await proxy(
        table([new.port], "attempts: 9, when: [timeout]", "timeouts: { first_byte: 200ms, total: 700ms }")
    )
    loop = asyncio.get_running_loop()
    began = loop.time()
    status, _, body = await ask(running, get(b"/n"))
    assert (status, b"did not finish in time" in body) == (504, True)
    assert 0.63 < loop.time() - began < 2.0
    assert 2 <= len(new.heads) <= 4
    assert running.count("strangler_retries", reason="timeout") - len(new.heads) in {-1, 0}, (
        "the time may be over in a pause"
    )


@pytest.mark.promise("U15")
async def test_when_all_tries_failed_the_fallback_is_asked(origin: Origins, proxy: Proxies) -> None:
    legacy, new = await origin(always(ok(b"legacy"))), await origin(in_turn(None))
    running = await proxy(table([new.port], "attempts: 2", "fallback: legacy", legacy.port))
    assert (await ask(running, get(b"/n")))[2] == b"legacy"
    assert len(new.heads) == 3
    assert running.count("strangler_fallbacks") == 1


@pytest.mark.promise("U14")
async def test_retries_keep_to_their_budget_when_everything_fails(origin: Origins, proxy: Proxies) -> None:
    new = await origin(in_turn(None))
    running = await proxy(table([new.port], "attempts: 3, budget: 20%"))
    for _ in range(40):
        assert (await ask(running, get(b"/n")))[0] == 502
    assert 40 < len(new.heads) <= 40 + FLOOR
    assert running.count("strangler_retries", reason="no_answer") == len(new.heads) - 40
    assert running.count("strangler_retries_withheld", reason="budget") > 0


async def test_where_the_table_only_observes_retries_are_counted_and_not_made(origin: Origins, proxy: Proxies) -> None:
    new = await origin(in_turn(None, BUSY, ok()))
    running = await proxy(table([new.port], "when: [no_answer, '503'], mode: observe"))
    assert (await ask(running, get(b"/n")))[0] == 502
    assert (await ask(running, get(b"/n")))[2] == b"busy"
    assert len(new.heads) == 2
    assert running.count("strangler_retries_withheld", backend="new", reason="observe") == 2
    assert running.count("strangler_retries") == 0


async def test_a_client_that_leaves_during_the_pause_ends_it(origin: Origins, proxy: Proxies) -> None:
    new = await origin(in_turn(None))
    running = await proxy(table([new.port], "attempts: 9, budget: 100%"))
    running.live.dice = lambda: 0.999
    clients = []
    for _ in range(5):
        clients.append(await running.connect())
        await clients[-1].send(get(b"/n"))
    await eventually(lambda: running.count("strangler_retries") >= 5)
    for client in clients:
        client.writer.transport.abort()
    await eventually(lambda: not running.live.clients)
    assert running.count("strangler_in_flight") == 0
    sent = len(new.heads)
    await asyncio.sleep(0.3)
    assert len(new.heads) == sent
