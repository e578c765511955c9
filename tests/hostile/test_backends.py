"""Hostile and broken backends: a 502 or a visibly cut answer, never anything invalid passed on, never a connection used again.

Each case is the bytes of one answer and what becomes of the connection behind them. The backend answers well on every
other connection, so that a request that comes later shows whether anything of the bad answer was left over.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from proxy.pool import Pool
from tests.proxy.conftest import Origins, Proxies, Proxy, to_legacy
from tests.proxy.wire import Client, Handler, OriginConnection, answering, eventually, get, ok

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FINE = ok(b"fine")

Then = Literal["stays", "closes", "resets"]


@dataclass(frozen=True)
class Bad:
    """An answer, and whether its connection stays open, ends with FIN, or with RST."""

    answer: bytes
    then: Then = "stays"

    def handler(self) -> Handler:
        async def handle(connection: OriginConnection) -> None:
            await connection.read_head()
            if connection.number > 0:
                while True:
                    await connection.send(FINE)
                    await connection.read_head()
            await connection.send(self.answer)
            if self.then == "resets":
                connection.reset()
            elif self.then == "stays":
                await connection.reader.read()

        return handle


def case(name: str, ids: str, answer: bytes, then: Then = "stays") -> Any:
    return pytest.param(Bad(answer, then), id=name, marks=pytest.mark.promise(*ids.split()))


def pool_of(running: Proxy) -> Pool:
    return running.live.backends.of(running.live.routing.table.backends["legacy"]).pick(None).pool


async def the_next_one_is_unaffected(running: Proxy) -> None:
    client = await running.connect()
    for _ in range(2):
        await client.send(get(b"/next"))
        assert (await client.read_answer())[::2] == (200, b"fine")
    assert running.count("strangler_in_flight") == 0


UNREADABLE = [
    case("two lengths", "U10 B104", OK + b"Content-Length: 4\r\nContent-Length: 8\r\n\r\nevil"),
    case("one length twice", "U10 B104", OK + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nevil"),
    case("a list of lengths", "U10 B104", OK + b"Content-Length: 4, 4\r\n\r\nevil"),
    case("a negative length", "U10 B104", OK + b"Content-Length: -4\r\n\r\nevil"),
    case("a signed length", "U10 B104", OK + b"Content-Length: +4\r\n\r\nevil"),
    case("a length in hexadecimal", "U10 B104", OK + b"Content-Length: 0x4\r\n\r\nevil"),
    case("an empty length", "U10 B104", OK + b"Content-Length:\r\n\r\nevil"),
    case("a length beyond all numbers", "U10 B104", OK + b"Content-Length: 99999999999999999999\r\n\r\nevil"),
    case("length and chunked", "U10 B104", OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    case("chunked and length", "U10 B104", OK + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
    case("an unknown coding", "U10 B104", OK + b"Transfer-Encoding: cow\r\n\r\nevil"),
    case("a coding before chunked", "U10 B104", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    case("a coding after chunked", "U10 B104", OK + b"Transfer-Encoding: chunked, gzip\r\n\r\nevil"),
    case("chunked twice in a list", "U10 B104", OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    case("chunked on two lines", "U10 B104", OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n"),
    case("no coding at all", "U10 B104", OK + b"Transfer-Encoding:\r\n\r\nevil"),
    case("text of no protocol", "U10 B109", b"evil, as HTTP/0.9 would say it\r\n", "closes"),
    case("another protocol", "U10 B109", b"SSH-2.0-OpenSSH_9.2\r\n"),
    case("TLS", "U10 B109", b"\x15\x03\x01\x00\x02\x02\x28"),
    case("a status of four digits", "U10 B112", b"HTTP/1.1 9999 x\r\n\r\n"),
    case("a status of two digits", "U10 B112", b"HTTP/1.1 20\r\n\r\n"),
    case("a status of letters", "U10 B112", b"HTTP/1.1 abc OK\r\n\r\n"),
    case("a status of less than 100", "U10 B112", b"HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n"),
    case("a carriage return in the reason", "U10 B112", b"HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n"),
    case("a NUL in the reason", "U10 B112", b"HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"),
    case("an escape in the reason", "U10 B112", b"HTTP/1.1 200 \x1b[2J\r\nContent-Length: 0\r\n\r\n"),
    case("a very long reason", "U10 B112", b"HTTP/1.1 200 " + b"x" * 999_999 + b"\r\nContent-Length: 0\r\n\r\n"),
    case("a long reason", "U10 B112", b"HTTP/1.1 200 " + b"x" * 2000 + b"\r\nContent-Length: 0\r\n\r\n"),
    case("NUL in a value", "U10 B113", OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n"),
    case("a carriage return in a value", "U10 B113", OK + b"X: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"),
    case("a control byte in a value", "U10 B113", OK + b"X: a\x07b\r\nContent-Length: 0\r\n\r\n"),
    case("DEL in a value", "U10 B113", OK + b"X: a\x7fb\r\nContent-Length: 0\r\n\r\n"),
    case("a folded line", "U10 B113", OK + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
    case("a line of spaces", "U10 B113", OK + b"X: a\r\n  \r\nContent-Length: 0\r\n\r\n"),
    case("a space before the colon", "U10 B113", OK + b"Content-Length : 4\r\n\r\nevil"),
    case("an empty name", "U10 B113", OK + b": x\r\nContent-Length: 0\r\n\r\n"),
    case("a name outside ASCII", "U10 B113", OK + b"X\xe9: x\r\nContent-Length: 0\r\n\r\n"),
    case("a line without colon", "U10 B113", OK + b"nonsense\r\nContent-Length: 0\r\n\r\n"),
    case("bare line feeds", "U10 B113", OK.replace(b"\r", b"") + b"Content-Length: 0\n\n"),
    case("one bare line feed", "U10 B113", OK + b"X: a\nY: b\r\nContent-Length: 0\r\n\r\n"),
    case("a MiB of fields", "U10 B113", OK + b"X-A: " + b"a" * 2**20 + b"\r\nContent-Length: 0\r\n\r\n"),
    case("a MiB of small fields", "U10 B113", OK + b"X: a\r\n" * 174_000 + b"Content-Length: 0\r\n\r\n"),
    case("two thousand fields", "U10 B113", OK + b"X: a\r\n" * 2000 + b"Content-Length: 0\r\n\r\n"),
    case("a name of a MiB", "U10 B113", OK + b"a" * 2**20),
    case(
        "an upgrade to a plain GET", "U11 B55", b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    ),
    case("a 101 without Upgrade", "U11 B55", b"HTTP/1.1 101 X\r\n\r\n"),
    case("hints and then the end", "U12 B111", b"HTTP/1.1 103 Early Hints\r\n\r\n", "closes"),
    case("only a 100 and then the end", "U12 B111", b"HTTP/1.1 100 Continue\r\n\r\n", "closes"),
    case("only a 100 and then a reset", "U12 B111", b"HTTP/1.1 100 Continue\r\n\r\n", "resets"),
    case("hints with a body", "U10 B111", b"HTTP/1.1 103 Early Hints\r\nContent-Length: 4\r\n\r\nevil" + ok(b"evil")),
    case("ten thousand hints", "U12 B111", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 10_000),
    case("large hints", "U12 B111", (b"HTTP/1.1 103 X\r\nLink: " + b"a" * 60_000 + b"\r\n\r\n") * 20),
    case("the end before an answer", "U10", b"", "closes"),
    case("a reset before an answer", "U10", b"", "resets"),
    case("half a status line", "U10", b"HTTP/1.1 2", "closes"),
    case("half a head", "U10", OK + b"X-Evil: 1\r\nContent-Le", "closes"),
    case("half a head and a reset", "U10", OK + b"X-Evil: 1\r\nContent-Le", "resets"),
]


@pytest.mark.parametrize("bad", UNREADABLE)
async def test_an_answer_that_cannot_be_read_is_a_502(origin: Origins, proxy: Proxies, bad: Bad) -> None:
    backend = await origin(bad.handler())
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    hints = 0
    status, head, body = await client.read_answer()
    while status < 200:
        assert head.startswith((b"HTTP/1.1 103 ", b"HTTP/1.1 100 "))
        hints += 1
        status, head, body = await client.read_answer()
    assert hints <= 32
    assert status == 502
    assert b"Content-Type: application/problem+json\r\n" in head
    assert json.loads(body)["request_id"]
    assert b"evil" not in (head + body).lower()
    # Nothing was wrong with the request, so the client's connection lives on; the backend's does not.
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")
    await eventually(backend.connections[0].ended)
    assert len(backend.connections[0].heads) == 1
    await the_next_one_is_unaffected(running)


CUT = [
    case("fifty of a hundred bytes", "U7 B105", OK + b"Content-Length: 100\r\n\r\n" + b"a" * 50, "closes"),
    case("fifty of a hundred bytes, reset", "U8 B105", OK + b"Content-Length: 100\r\n\r\n" + b"a" * 50, "resets"),
    case("no last chunk", "U7 B106", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n", "closes"),
    case("no last chunk, reset", "U8 B106", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n", "resets"),
    case("half a chunk", "U7 B106", CHUNKED + b"64\r\n" + b"a" * 50, "closes"),
    case("a last chunk without its end", "U7 B106", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n0\r\n", "closes"),
    case("half a trailer", "U7 B106", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n0\r\nX-Su", "closes"),
    case("a reset instead of the end", "U8 B105", OK + b"\r\n" + b"a" * 50, "resets"),
    case("a malformed chunk size", "U10 B115", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\nevil\r\n"),
    case("fifty chunks of one byte and a malformed size", "U10 B115", CHUNKED + b"1\r\na\r\n" * 50 + b"evil\r\n"),
    case("an endless chunk size", "U10 B115", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\nFFFFFFFFFFFFFFFFF\r\n"),
    case("a negative chunk size", "U10 B115", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n-1\r\n"),
    case("a chunk that spills", "U10 B115", CHUNKED + b"32\r\n" + b"a" * 50 + b"evil\r\n0\r\n\r\n"),
    case("a chunk ended by a line feed", "U10 B115", CHUNKED + b"32\r\n" + b"a" * 50 + b"\n0\r\n\r\n"),
    case("a control byte in a trailer", "U10 B113", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n0\r\nX: \0\r\n\r\n"),
    case("endless trailers", "U10", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n0\r\n" + b"X-Sum: 1\r\n" * 50_000),
    case("an endless trailer", "U10", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n0\r\nX-Sum: " + b"1" * 2**20),
    case("an endless chunk extension", "U10", CHUNKED + b"32\r\n" + b"a" * 50 + b"\r\n1;" + b"x" * 2**20),
]


@pytest.mark.parametrize("bad", CUT)
async def test_an_answer_that_breaks_off_is_visibly_cut(origin: Origins, proxy: Proxies, bad: Bad) -> None:
    backend = await origin(bad.handler())
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    head = await client.read_head()
    received = await client.read_to_end()
    # What came before the fault arrives; a clean end does not.
    assert received.count(b"a") == 50
    assert b"evil" not in received
    assert b"Content-Length: 100\r\n" in head or not received.endswith(b"0\r\n\r\n")
    await eventually(lambda: running.count("strangler_backend_failures") == 1)
    await eventually(backend.connections[0].ended)
    assert len(backend.connections[0].heads) == 1
    await the_next_one_is_unaffected(running)


EXACT = [
    case("a body longer than its length", "U9 B107", OK + b"Content-Length: 4\r\n\r\ngoodevil and more"),
    case("a second answer", "U9 B107", ok(b"good") + ok(b"evil")),
    case("half of a second answer", "U9 B107", ok(b"good") + OK + b"X-Evil: evil"),
    case("a second answer after close", "U9 B107", ok(b"good", b"Connection: close") + ok(b"evil")),
    case("a second answer after chunks", "U9 B107", CHUNKED + b"4\r\ngood\r\n0\r\n\r\n" + ok(b"evil", b"X-Evil: evil")),
    case("garbage after chunks", "U9 B107", CHUNKED + b"4\r\ngood\r\n0\r\n\r\nevil"),
    case("HTTP/1.0 to the end of the connection", "B109", b"HTTP/1.0 200 OK\r\n\r\ngood", "closes"),
    case("HTTP/1.1 to the end of the connection", "B109", OK + b"\r\ngood", "closes"),
    case("chunks in HTTP/1.0", "B109", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize("bad", EXACT)
async def test_an_answer_is_exact_and_what_follows_it_is_dropped(origin: Origins, proxy: Proxies, bad: Bad) -> None:
    backend = await origin(bad.handler())
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    status, head, body = await client.read_answer()
    assert (status, body) == (200, b"good")
    assert b"evil" not in head.lower()
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")
    await eventually(backend.connections[0].ended)
    assert len(backend.connections[0].heads) == 1
    await the_next_one_is_unaffected(running)


BODILESS = [
    case("204 with a length", "B110", b"HTTP/1.1 204 X\r\nContent-Length: 4\r\n\r\nevil"),
    case("204 with chunks", "B110", b"HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n"),
    case("204 with a bare body", "B110", b"HTTP/1.1 204 X\r\n\r\nevil"),
    case("204 and another answer", "B110", b"HTTP/1.1 204 X\r\n\r\n" + ok(b"evil")),
    case("304 with a length", "B110", b"HTTP/1.1 304 X\r\nContent-Length: 4\r\n\r\nevil"),
    case("304 with chunks", "B110", b"HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n"),
    case("304 with a bare body", "B110", b"HTTP/1.1 304 X\r\n\r\nevil"),
]


@pytest.mark.parametrize("bad", BODILESS)
async def test_an_answer_that_has_no_body_gets_none(origin: Origins, proxy: Proxies, bad: Bad) -> None:
    backend = await origin(bad.handler())
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    head = await client.read_head()
    assert head.startswith((b"HTTP/1.1 204 X\r\n", b"HTTP/1.1 304 X\r\n"))
    assert b"Transfer-Encoding" not in head
    assert b"204" not in head or b"Content-Length" not in head
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")
    await eventually(backend.connections[0].ended)
    await the_next_one_is_unaffected(running)


HEADS = [
    case("a body at once", "B110", ok(b"evil")),
    case("chunks", "B110", CHUNKED + b"4\r\nevil\r\n0\r\n\r\n"),
    case("a body to the end", "B110", OK + b"\r\nevil", "closes"),
    case("another answer", "B110", OK + b"Content-Length: 0\r\n\r\n" + ok(b"evil")),
]


@pytest.mark.parametrize("bad", HEADS)
async def test_the_answer_to_head_has_no_body(origin: Origins, proxy: Proxies, bad: Bad) -> None:
    backend = await origin(bad.handler())
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get(method=b"HEAD"))
    assert (await client.read_head()).startswith(OK)
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")
    await eventually(backend.connections[0].ended)
    await the_next_one_is_unaffected(running)


@pytest.mark.promise("B110")
@pytest.mark.parametrize(
    ("method", "answer"),
    [(b"HEAD", OK + b"Content-Length: 50\r\n\r\n"), (b"GET", b"HTTP/1.1 304 X\r\nContent-Length: 50\r\n\r\n")],
)
async def test_a_late_body_is_nobodys_answer(origin: Origins, proxy: Proxies, method: bytes, answer: bytes) -> None:
    """The body of a HEAD answer, sent after the next request went out: it may look like the answer to that."""
    asked_again = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        if connection.number == 0:
            await connection.send(answer)
            await asked_again.wait()
            await connection.send(ok(b"evil"))
        else:
            asked_again.set()
            await connection.send(FINE)
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(method=method))
    await client.read_head()
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")
    await eventually(backend.connections[0].ended)


@pytest.mark.promise("U9", "B108")
async def test_an_answer_on_an_idle_connection_is_discarded(origin: Origins, proxy: Proxies) -> None:
    speak = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(FINE)
        if connection.number == 0:
            await speak.wait()
            await connection.send(ok(b"evil"))
        await connection.reader.read()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await client.read_answer()
    speak.set()
    await eventually(backend.connections[0].ended)
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")


@pytest.mark.promise("U9", "B108")
async def test_an_answer_that_came_before_its_request_was_sent_is_not_believed(origin: Origins, proxy: Proxies) -> None:
    """The backend speaks as soon as it is connected to: what it says can be no answer to anything."""

    async def handler(connection: OriginConnection) -> None:
        if connection.number == 0:
            await connection.send(ok(b"evil"))
        await connection.read_head()
        await connection.send(FINE)
        await connection.reader.read()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    pool = pool_of(running)
    made: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    pool.connect(5.0, made.set_result, lambda *_: None)
    connection = await made
    await eventually(connection.transport.is_closing)
    client = await running.connect()
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")


@pytest.mark.promise("U9", "B108")
async def test_bytes_read_before_the_request_was_written_answer_nobody(origin: Origins, proxy: Proxies) -> None:
    """Both events in one turn of the loop: the client's request goes to an idle connection on which bytes wait to be read."""

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(FINE)
        await connection.reader.read()

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await client.read_answer()
    pool = pool_of(running)
    idle = pool.take(running.live.now, safe=True)
    assert idle is not None
    pool.put(idle)
    begin = type(idle).begin

    class Early(type(idle)):  # type: ignore[misc]  # the class is that of the connection at hand
        __slots__ = ()

        def begin(self, carries: Any, head: bytes) -> None:
            asyncio.get_running_loop().call_soon(self.data_received, ok(b"evil"))
            begin(self, carries, head)

    idle.__class__ = Early
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"fine")
    assert running.count("strangler_retries") == 1


@pytest.mark.promise("B112")
@pytest.mark.parametrize("line", [b"HTTP/1.1 200\r\n", b"HTTP/1.1 200 \r\n"])
async def test_a_missing_reason_is_fine(origin: Origins, proxy: Proxies, line: bytes) -> None:
    backend = await origin(answering(line + b"Content-Length: 4\r\n\r\ngood"))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert await client.read_answer() == (200, b"HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\n", b"good")


@pytest.mark.promise("B111")
async def test_interim_answers_carry_nothing_that_belongs_to_one_hop(origin: Origins, proxy: Proxies) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\nContent-Length: 0\r\nKeep-Alive: x\r\n\r\n"
    backend = await origin(answering(hints + FINE, FINE))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert await client.read_head() == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert (await client.read_answer())[2] == b"fine"
    await client.send(get())
    assert (await client.read_answer())[2] == b"fine"


@pytest.mark.promise("B114")
async def test_fifty_cookies_and_odd_spellings_keep_their_order(origin: Origins, proxy: Proxies) -> None:
    lines = [b"Set-Cookie: c%d=a, b; Expires=Thu, 01 Jan 2026 00:00:00 GMT" % number for number in range(50)]
    lines += [b"vary: A", b"VARY: b", b"Vary: a, b", b"x-CASE: 1", b"X-Case: 2", b"X-Raw: caf\xe9 \xf0\x9f\x8c\xb1"]
    backend = await origin(answering(ok(b"good", *lines)))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    _, head, _ = await client.read_answer()
    assert head.split(b"\r\n")[1:-3] == lines


@pytest.mark.promise("B116")
@pytest.mark.parametrize("coding", [b"gzip", b"gzip, gzip", b"br", b"zstd", b"cow"])
async def test_coded_bodies_are_not_looked_into(origin: Origins, proxy: Proxies, coding: bytes) -> None:
    body = b"\x1f\x8b\x08\x00cut short, or no gzip at all\x00\xff"
    backend = await origin(answering(ok(body, b"Content-Encoding: " + coding)))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    status, head, received = await client.read_answer()
    assert (status, received) == (200, body)
    assert b"Content-Encoding: " + coding + b"\r\n" in head


@pytest.mark.promise("B119")
async def test_redirects_are_passed_on_and_not_followed(origin: Origins, proxy: Proxies) -> None:
    location = b"Location: http://127.0.0.1:1/internal?host=legacy"
    backend = await origin(answering(b"HTTP/1.1 302 Found\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n"))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert await client.read_answer() == (
        302,
        b"HTTP/1.1 302 Found\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n",
        b"",
    )
    assert len(backend.heads) == 1


async def early_answer(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big")


@pytest.mark.promise("U13", "B117")
@pytest.mark.parametrize("round_", range(10))
async def test_an_answer_before_the_request_was_read_is_relayed(origin: Origins, proxy: Proxies, round_: int) -> None:
    """The backend answers, and closes with unread bytes, which resets the connection while we still write to it."""
    backend = await origin(early_answer)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")

    async def upload() -> None:
        try:
            for _ in range(1000):
                await client.send(bytes(20_000 + round_ * 9_000))
        except ConnectionError:
            pass

    uploading = asyncio.create_task(upload())
    status, head, body = await client.read_answer()
    assert (status, body) == (413, b"too big")
    assert b"Connection: close\r\n" in head
    uploading.cancel()
    assert running.count("strangler_backend_failures") == 0


@pytest.mark.promise("B120")
async def test_events_arrive_at_once(origin: Origins, proxy: Proxies) -> None:
    go_on = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(OK + b"Content-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            await connection.send(b"data: %d\n\n" % number)
            await go_on.wait()
            go_on.clear()
        await connection.reader.read()

    backend = await origin(handler)
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    await client.read_head()
    for number in range(3):
        # The backend says nothing more until this one was read.
        assert await client.read_exactly(14) == b"9\r\ndata: %d\n\n\r\n" % number
        go_on.set()


@pytest.mark.promise("B120", "C5")
async def test_an_endless_answer_to_a_stalled_client_takes_bounded_memory(origin: Origins, proxy: Proxies) -> None:
    taken = 0

    async def handler(connection: OriginConnection) -> None:
        nonlocal taken
        await connection.read_head()
        await connection.send(OK + b"\r\n")
        while True:
            await connection.send(bytes(65536))
            taken += 65536

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(get())
    await client.read_head()
    (connection,) = running.live.clients
    await eventually(lambda: connection.blocked)
    still = -1
    while still != taken:
        still = taken
        await asyncio.sleep(0.1)
    assert connection.transport.get_write_buffer_size() < 2**20
    assert connection.passage is not None


async def held(client: Client, running: Proxy) -> None:
    """Send until the proxy takes no more."""
    (connection,) = running.live.clients
    sending = asyncio.create_task(client.send(bytes(2**26)))
    await eventually(connection.held_by_backend)
    sending.cancel()


@pytest.mark.promise("U13")
async def test_a_backend_that_does_not_read_is_given_up(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await asyncio.sleep(3600)

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port, "defaults: { timeouts: { idle: 300ms } }\n"))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n")
    await held(client, running)
    (connection,) = running.live.clients
    assert connection.passage is not None
    assert connection.passage.connection is not None
    assert connection.passage.connection.transport.get_write_buffer_size() < 2**20
    assert (await client.read_answer())[0] == 504
    assert running.count("strangler_backend_failures", kind="idle_timeout") == 1


@pytest.mark.promise("U13")
async def test_an_answer_from_a_backend_that_stopped_reading_is_relayed_at_once(
    origin: Origins, proxy: Proxies
) -> None:
    answer = asyncio.Event()

    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await answer.wait()
        await connection.send(b"HTTP/1.1 507 Full\r\nContent-Length: 4\r\n\r\nfull")
        await asyncio.sleep(3600)

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client = await running.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n")
    await held(client, running)
    answer.set()
    status, head, body = await client.read_answer()
    assert (status, body) == (507, b"full")
    assert b"Connection: close\r\n" in head


@pytest.mark.promise("B120")
async def test_a_flood_of_tiny_chunks_lets_others_have_their_turn(origin: Origins, proxy: Proxies) -> None:
    """Each read brings tens of thousands of them: together they go on as one, and no turn of the loop reads more than once."""
    count = 200_000

    async def handler(connection: OriginConnection) -> None:
        while True:
            flood = b"/flood" in await connection.read_head()
            await connection.send(CHUNKED + b"1\r\nx\r\n" * count + b"0\r\n\r\n" if flood else FINE)

    backend = await origin(handler)
    running = await proxy(to_legacy(backend.port))
    client, other = await running.connect(), await running.connect()
    await client.send(get(b"/flood"))
    flood = asyncio.create_task(client.read_answer())
    answered = 0
    while not flood.done():
        await other.send(get(b"/other"))
        assert (await other.read_answer())[2] == b"fine"
        answered += 1
    status, _, body = await flood
    assert (status, body) == (200, b"x" * count)
    assert answered > 3
