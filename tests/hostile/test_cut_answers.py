"""Answers that end, or pause, behind each of their bytes: whole means whole, cut is visible, and pieces make no difference."""

from __future__ import annotations

import asyncio
import contextlib

import httptools
import pytest

from tests.proxy.conftest import Origins, Proxies, Proxy, to_legacy
from tests.proxy.wire import OriginConnection, get, ok

ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 10\r\n\r\n0123456789",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n012\r\n7\r\n3456789\r\n0\r\nX-Sum: 1\r\nX-B: c\r\n\r\n",
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 \r\nContent-Length: 4\r\n\r\n4567",
    "no body": b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
    "to the end": b"HTTP/1.0 200 OK\r\nX-A: b\r\n\r\n0123456789",
}


class Answer:
    """What a client's parser makes of what it got: the final status, the body, and whether the end was reached."""

    def __init__(self, data: bytes) -> None:
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.whole = False
        self._parser = httptools.HttpResponseParser(self)
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.whole = self.status >= 200


class Script:
    """A backend that sends what it is told to, in pieces, and then ends the connection as it is told to."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.end = "stays"

    async def __call__(self, connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            for piece in self.pieces:
                await connection.send(piece)
                await asyncio.sleep(0)
            if self.end == "resets":
                connection.reset()
            if self.end != "stays":
                return


async def ask(running: Proxy) -> bytes:
    client = await running.connect()
    await client.send(get(b"/", b"Connection: close"))
    received = await client.read_to_end()
    running.clients.remove(client)
    await client.close()
    return received


@pytest.mark.promise("U7", "U8", "B105", "B106")
@pytest.mark.parametrize("end", ["closes", "resets"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_that_ends_behind_any_byte_is_whole_or_visibly_not(
    origin: Origins, proxy: Proxies, name: str, end: str
) -> None:
    script = Script()
    running = await proxy(to_legacy((await origin(script)).port))
    answer = ANSWERS[name]
    head = answer.rindex(b"\r\n\r\n", 0, answer.index(b"X-Sum") if name == "chunks" else None) + 4
    script.end = end
    for cut in range(len(answer)):
        script.pieces = [answer[:cut]]
        received = await ask(running)
        got = Answer(received)
        if cut < head:
            assert (got.status, got.whole) == (502, True), answer[:cut]
        elif name == "to the end" and end == "closes":
            assert (got.body, got.whole) == (answer[head:cut], True)
        else:
            assert (got.status, got.whole) == (200, False), answer[:cut]
            assert b"0123456789".startswith(got.body) or name == "hints"
    script.end, script.pieces = "stays", [ok(b"fine")]
    assert Answer(await ask(running)).body == b"fine"
    assert running.count("strangler_in_flight") == 0


@pytest.mark.promise("U4")
@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_in_any_two_pieces_is_the_same(origin: Origins, proxy: Proxies, name: str) -> None:
    script = Script()
    running = await proxy(to_legacy((await origin(script)).port))
    answer = ANSWERS[name]
    script.end = "closes" if name == "to the end" else "stays"
    script.pieces = [answer]
    expected = Answer(await ask(running))
    assert expected.whole
    for cut in range(1, len(answer)):
        script.pieces = [answer[:cut], answer[cut:]]
        got = Answer(await ask(running))
        assert (got.status, got.fields, got.body, got.whole) == (expected.status, expected.fields, expected.body, True)


@pytest.mark.promise("B43", "C6")
async def test_a_request_that_ends_behind_any_byte_is_never_taken_for_a_whole_one(
    origin: Origins, proxy: Proxies
) -> None:
    """The other side: what reaches the backend is cut as visibly."""
    bodies: list[bytes] = []

    async def handler(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            with contextlib.suppress(asyncio.IncompleteReadError):
                bodies.append(await connection.read_until(b"0\r\nX-Sum: 1\r\n\r\n"))
                await connection.send(ok(b"whole"))

    running = await proxy(to_legacy((await origin(handler)).port))
    request = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
    for cut in range(1, len(request)):
        client = await running.connect()
        await client.send(request[:cut])
        client.writer.write_eof()
        assert b" 200 " not in await client.read_to_end()
        running.clients.remove(client)
        await client.close()
    assert bodies == []
    client = await running.connect()
    await client.send(request)
    assert (await client.read_answer())[2] == b"whole"
    assert bodies == [b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"]
