"""Expectations, upgrades and methods that would open a way past HTTP: http-promises.md section 7.2, the client's side."""

from __future__ import annotations

import pytest

from tests.hostile.stage import Seen, Stage, case, is_clean, is_refused, passes, read_all
from tests.proxy.wire import eventually, get

POST = b"POST /x HTTP/1.1\r\nHost: x\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\nX-Filler: 123456789012\r\n\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"


REFUSED = [
    *(
        case(f"Expect: {value.decode()}", "B49", POST + b"Expect: " + value + b"\r\nContent-Length: 1\r\n\r\nx", 417)
        for value in (b"200-ok", b"100-continue, x", b"y 100-continue", b"100-continue;q=1", b"100", b"")
    ),
    case("CONNECT host:port", "B59", b"CONNECT internal:22 HTTP/1.1\r\nHost: internal:22\r\n\r\n", 405),
    case("CONNECT with a body", "B59", b"CONNECT a:22 HTTP/1.1\r\nHost: a:22\r\nContent-Length: 5\r\n\r\nhello", 405),
    case("CONNECT and chunks", "B59", b"CONNECT a:2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 405),
    case("CONNECT a path", "B59", b"CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    case("CONNECT a URL", "B59", b"CONNECT http://a:22/ HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    case("TRACE", "B60", b"TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret-secret\r\n\r\n", 405),
    case("TRACE with a body", "B60 B41", b"TRACE / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 405),
    case("an upgrade and two lengths", "B52", POST + UPGRADE + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello", 400),
    case(
        "an upgrade, a length and chunks",
        "B52",
        POST + UPGRADE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status"), REFUSED)
async def test_what_opens_a_way_past_http_is_refused(stage: Stage, sent: bytes, status: int) -> None:
    await is_refused(stage, sent, status)


def lacks(seen: Seen, *names: bytes) -> None:
    assert not {name.lower() for name, _ in seen.headers} & set(names)


PLAIN = [
    case("Upgrade without Connection", "B58", b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", b"GET /"),
    case("Connection without Upgrade", "B58", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\r\n", b"GET /"),
    case("POST with an upgrade", "B58", POST + UPGRADE + b"Content-Length: 0\r\n\r\n", b"POST /x"),
    case("an empty upgrade", "B58", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: \r\n\r\n", b"GET /"),
    case(
        "h2c",
        "B56",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n",
        b"GET /",
    ),
    case("H2C", "B56", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: H2C, h2c\r\n\r\n", b"GET /"),
    case(
        "an upgrade whose body is a request",
        "B52",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED,
        b"GET / " + SMUGGLED,
    ),
    case(
        "an upgrade whose chunks are a request",
        "B52",
        POST + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n",
        b"POST /x " + SMUGGLED,
    ),
]


@pytest.mark.parametrize(("sent", "line"), PLAIN)
async def test_an_upgrade_that_is_none_is_an_ordinary_request(stage: Stage, sent: bytes, line: bytes) -> None:
    (seen, *_) = await passes(stage, sent, line)
    lacks(seen, b"upgrade", b"http2-settings")


@pytest.mark.promise("B58")
async def test_an_upgrade_in_http_1_0_is_an_ordinary_request(stage: Stage) -> None:
    client = await stage.send(b"GET / HTTP/1.0\r\nHost: x\r\n" + UPGRADE + b"\r\n" + get(b"/smuggled"))
    assert (await read_all(client)).startswith(b"HTTP/1.1 200 ")
    assert stage.lines == [b"GET /"]
    lacks(stage.seen[0], b"upgrade")
    await is_clean(stage)


@pytest.mark.promise("B53", "B57", "C10")
@pytest.mark.parametrize("token", [b"foo", b"websocket", b"HTTP/2.0", b"TLS/1.0"], ids=bytes.decode)
async def test_what_follows_a_declined_upgrade_is_never_taken_for_a_request_on_the_way_out(
    stage: Stage, token: bytes
) -> None:
    """Either framed as the next request, or dropped with the connection: no tunnel."""
    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: " + token + b"\r\n\r\n"
    client = await stage.send(upgrade + get(b"/next", b"Connection: close"))
    received = await read_all(client)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert stage.lines in ([b"GET /"], [b"GET /", b"GET /next"])
    assert received.count(b"HTTP/1.1 200 ") == len(stage.lines)
    await is_clean(stage)


@pytest.mark.promise("B48", "C9")
async def test_an_expectation_with_its_body_and_a_request_behind_are_two_answers(stage: Stage) -> None:
    client = await stage.send(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" + get(b"/2"))
    statuses = []
    while len(statuses) < 2:
        status = (await client.read_answer())[0]
        if status >= 200:
            statuses.append(status)
    assert statuses == [200, 200]
    assert stage.lines == [b"POST /x hello", b"GET /2"]
    await is_clean(stage)


@pytest.mark.promise("B50")
@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"], ids=bytes.decode)
async def test_an_expectation_without_meaning_is_no_expectation(stage: Stage, version: bytes) -> None:
    client = await stage.send(b"GET / " + version + b"\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n")
    assert (await read_all(client)).startswith(b"HTTP/1.1 200 ")
    lacks(stage.seen[0], b"expect")
    await is_clean(stage)


@pytest.mark.promise("B46", "C9")
async def test_a_client_that_waits_to_be_asked_is_asked(stage: Stage) -> None:
    client = await stage.send(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    await eventually(lambda: stage.seen)
    assert (await client.read_head()).startswith(b"HTTP/1.1 100 ")
    await client.send(b"hello")
    assert (await client.read_answer())[0] == 200
    assert stage.lines == [b"POST /x hello"]
    await is_clean(stage)
