"""Heads go through as they came, both ways: names, order, spelling, repetition, bytes outside ASCII, targets, methods, reasons.

``docs/reference/http.md`` lists what is changed; here is what is not.
"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.answer_fields import ANSWER_FIELDS
from proxy.fields import REQUEST_FIELDS
from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import Client, OriginConnection, answering, get, ok

OURS = (b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-Proto: http", b"X-Forwarded-Host: example.com", b"Via: 1.1 ")


def lines_of(head: bytes) -> list[bytes]:
    return head.removesuffix(b"\r\n\r\n").split(b"\r\n")


async def echoes_fields(connection: OriginConnection) -> None:
    """Answers with the very lines that the request brought, between two of its own."""
    while True:
        lines = lines_of(await connection.read_head())
        theirs = [line for line in lines[2:] if not line.startswith((*OURS, b"X-Request-Id: "))]
        await connection.send(
            b"\r\n".join([b"HTTP/1.1 200 OK", b"X-First: 1", *theirs, b"Content-Length: 0", b"", b""])
        )


NAMES = st.text(
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20
).map(str.encode)
VALUES = st.binary(max_size=60).map(
    lambda data: bytes(byte for byte in data if byte == 9 or (byte >= 32 and byte != 127)).strip(b" \t")
)
LEFT_ALONE = st.tuples(NAMES, VALUES).filter(
    lambda field: (
        not {field[0].lower(), field[0].lower().replace(b"_", b"-")} & (REQUEST_FIELDS.keys() | ANSWER_FIELDS.keys())
    )
)


async def test_fields_keep_names_order_spelling_and_bytes_both_ways(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(echoes_fields)
    client = await (await proxy(to_legacy(backend.port))).connect()
    every_byte = bytes(byte for byte in range(33, 256) if byte != 127)
    cases: list[list[tuple[bytes, bytes]]] = [
        [(b"X-Every-Byte", every_byte), (b"x-tab", b"a\tb"), (b"X-Empty", b""), (b"x-EMPTY", b"")],
        [(b"Cookie", b"a=1"), (b"Cookie", b"b=2")] + [(b"Set-Cookie", b"c%d=1, 2" % n) for n in range(50)],
        [(b"Authorization", b"Basic eA=="), (b"Authorization", b"Bearer x"), (b"Content-Type", b"a/b")],
        [(b"Trailer", b"X-Sum"), (b"Warning", b'199 - "caf\xc3\xa9"'), (b"Server", b"mine"), (b"Date", b"today")],
        [(b"X-Large", b"a" * 30_000), (b"Range", b"bytes=" + b",".join(b"%d-" % n for n in range(1000)))],
    ]

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(LEFT_ALONE, max_size=8))
    def collect(fields: list[tuple[bytes, bytes]]) -> None:
        cases.append(fields)

    collect()
    for fields in cases:
        lines = [name + b": " + value for name, value in fields]
        await client.send(get(b"/", *lines))
        head = await client.read_head()
        assert lines_of(head) == [b"HTTP/1.1 200 OK", b"X-First: 1", *lines, b"Content-Length: 0"]


async def test_white_space_behind_a_value_is_no_part_of_it(origin: Origins, proxy: Proxies) -> None:
    answer = b"HTTP/1.1 200 OK\r\nX-Answer: 1 \t\r\nContent-Length: 2 \r\n\r\nok"
    backend = await origin(answering(answer))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(b"/", b"X-Ask: a b\t ", b"Expect: 100-continue ", b"X-Request-Id: mine\t", b"X-Blank:  \t"))
    assert await client.read_answer() == (200, b"HTTP/1.1 200 OK\r\nX-Answer: 1 \t\r\nContent-Length: 2\r\n\r\n", b"ok")
    assert b"X-Ask: a b\t " in lines_of(backend.heads[0])


TARGETS = [
    b"/", b"/?", b"/a?b?c", b"/a%2fb", b"/a%2Fb", b"/%E2%82%AC", b"/%e2%82%ac", b"//x//y/", b"/a;b=c,d;e", b"/~'()*!$&@:+,=", b"/a%20b+c",
    b"/a%zz", b"/100%", b"/a?x=%2e%2e/..", b"/a?" + b"&".join(b"p%d=%%20" % n for n in range(1000)), b"/" + b"a" * 8000, b"/[x]{y}|^`\"<>",
    b"http://example.com/x?y", b"http://example.com", b"HTTP://example.com/%2f", b"/http://example.com/", b"/a?http://b/c",
]  # fmt: skip


async def test_targets_arrive_as_they_were_sent(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(echoes_fields)
    client = await (await proxy(to_legacy(backend.port))).connect()
    for target in TARGETS:
        await client.send(get(target))
        assert (await client.read_head()).startswith(b"HTTP/1.1 200 OK\r\n"), target
    await client.send(get(b"*", method=b"OPTIONS"))
    await client.read_head()
    assert [head.split(b"\r\n", 1)[0] for head in backend.heads] == [
        *(b"GET " + target + b" HTTP/1.1" for target in TARGETS),
        b"OPTIONS * HTTP/1.1",
    ]


METHODS = [
    "DELETE",
    "GET",
    "POST",
    "PUT",
    "OPTIONS",
    "COPY",
    "LOCK",
    "MKCOL",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "SEARCH",
    "UNLOCK",
    "BIND",
    "REBIND",
    "UNBIND",
    "ACL",
    "REPORT",
    "MKACTIVITY",
    "CHECKOUT",
    "MERGE",
    "M-SEARCH",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "PATCH",
    "PURGE",
    "MKCALENDAR",
    "LINK",
    "UNLINK",
    "SOURCE",
    "QUERY",
]


async def test_every_method_that_the_parser_knows_passes_with_its_body(origin: Origins, proxy: Proxies) -> None:
    async def echo(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            await connection.send(ok(head.split(b" ")[0] + b" " + await connection.read_exactly(4)))

    backend = await origin(echo)
    client = await (await proxy(to_legacy(backend.port))).connect()
    for method in METHODS:
        await client.send(f"{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody".encode())
        assert (await client.read_answer())[::2] == (200, f"{method} body".encode())
    assert len(backend.connections) == 1


@pytest.mark.parametrize("method", [b"FOO", b"get", b"VERSION-CONTROL", b"GETS"])
async def test_an_unknown_method_is_a_501_and_reaches_nobody(origin: Origins, proxy: Proxies, method: bytes) -> None:
    backend = await origin(answering())
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(method=method))
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 501 ")
    assert not backend.connections


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Nichts gefunden: caf\xe9 \xf0\x9f\x8c\xb1\t!\r\ncontent-length: 2\r\nX: 1\r\n\r\nno",
        b"HTTP/1.1 299 Odd\r\nCONTENT-LENGTH: 002\r\n\r\nok",
        b"HTTP/1.1 599 Odd\r\nX-Before: 1\r\nContent-Length: 2\r\nX-After: 1\r\n\r\nok",
        b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */9\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nETag: W/\"x\"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\ntrailer: x-sum\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\nX-Sum: \xe9\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nlink: </b>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 \r\n\r\nHTTP/1.1 199 Odd\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)  # fmt: skip
async def test_an_answer_arrives_byte_for_byte_and_nothing_is_invented(
    origin: Origins, proxy: Proxies, answer: bytes
) -> None:
    backend = await origin(answering(answer, ok(b"the next one")))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert await client.read_exactly(len(answer)) == answer
    await client.send(get())
    assert (await client.read_answer())[::2] == (200, b"the next one")
    assert len(backend.connections) == 1


@pytest.mark.promise("B94", "B95", "B96")
async def test_what_an_answer_names_in_connection_goes_and_the_rest_stays(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(
        answering(
            b"HTTP/1.1 200 OK\r\nConnection:\r\nconnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nx-hop: 2\r\nKeep-Alive: timeout=9\r\n"
            b"Proxy-Connection: x\r\nUpgrade: h2c\r\nTE: x\r\nX-Stays: 1\r\nContent-Length: 0\r\n\r\n"
        )
    )
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get())
    assert await client.read_head() == b"HTTP/1.1 200 OK\r\nX-Stays: 1\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.promise("B96")
@pytest.mark.parametrize(
    ("te", "passed"),
    [(b"trailers", True), (b"gzip, Trailers", True), (b"gzip", False), (b"trailers;q=1", False), (b"", False)],
)
async def test_only_te_trailers_is_passed_on(origin: Origins, proxy: Proxies, te: bytes, passed: bool) -> None:
    backend = await origin(answering(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    await client.send(get(b"/", b"TE: " + te, b"Connection: TE"))
    await client.read_answer()
    (head,) = backend.heads
    assert head.endswith(b"\r\nConnection: TE\r\nTE: trailers\r\n\r\n") is passed
    assert head.count(b"TE: ") == (1 if passed else 0)


@pytest.mark.promise("C8", "B44")
async def test_pipelined_requests_are_answered_in_order(origin: Origins, proxy: Proxies) -> None:
    async def handler(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            await asyncio.sleep(0)
            await connection.send(ok(head.split(b" ")[1]))

    backend = await origin(handler)
    client: Client = await (await proxy(to_legacy(backend.port))).connect()
    count = 300
    sending = asyncio.create_task(client.send(b"".join(get(b"/%d" % number) for number in range(count))))
    for number in range(count):
        assert (await client.read_answer())[2] == b"/%d" % number
    await sending
    assert len(backend.heads) == count
    assert len(backend.connections) == 1
