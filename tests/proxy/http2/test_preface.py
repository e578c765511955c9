"""One plain port for both versions."""

from __future__ import annotations

import pytest

from proxy.http2.preface import PREFACE
from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.conftest import Http2Proxies
from tests.proxy.http2.wire import Http2Client, request
from tests.proxy.wire import Client, always, answering, eventually, get, ok


async def test_http_1_is_spoken_with_those_who_speak_it(origin: Origins, http2: Http2Proxies) -> None:
    backend = await origin(always(ok()))
    both = await http2(to_legacy(backend.port))
    client = await Client.connect(both.port)
    for _ in range(3):
        await client.send(get())
        assert (await client.read_answer())[::2] == (200, b"hello")
    await client.send(b"P")
    await client.send(b"OST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert (await client.read_answer())[0] == 200
    assert both.running.count("strangler_connections") == 1
    await client.close()


@pytest.mark.parametrize("first", [b"P", b"PR", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", b"POST / HTTP/1.1\r\n"])
async def test_the_first_bytes_may_come_alone(origin: Origins, http2: Http2Proxies, first: bytes) -> None:
    backend = await origin(answering(ok()))
    both = await http2(to_legacy(backend.port))
    plain = await Client.connect(both.port)
    await plain.send(first)
    await eventually(lambda: both.running.live.clients)
    if PREFACE.startswith(first):
        client = Http2Client(plain.reader, plain.writer)
        both.clients.append(client)
        client.h2.initiate_connection()
        plain.writer.write(client.h2.data_to_send()[len(first) :])
        assert (await client.ask(request())).status == 200
    else:
        await plain.send(b"Host: x\r\nContent-Length: 0\r\n\r\n")
        assert (await plain.read_answer())[0] == 200
        await plain.close()
    await eventually(lambda: both.running.count("strangler_connections") == (1 if PREFACE.startswith(first) else 0))


@pytest.mark.promise("B81", "C12")
@pytest.mark.parametrize("garbage", [b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\0" * 30])
async def test_what_is_neither_gets_a_400(http2: Http2Proxies, garbage: bytes) -> None:
    client = await Client.connect((await http2(to_legacy(1))).port)
    await client.send(garbage)
    assert (await client.read_to_end()).startswith(b"HTTP/1.1 400 ")
    await client.close()


@pytest.mark.promise("C12")
async def test_a_preface_on_a_port_without_http_2_gets_a_400(http2: Http2Proxies) -> None:
    both = await http2(to_legacy(1))
    client = await both.running.connect()
    await client.send(PREFACE + bytes(9))
    received = await client.read_to_end()
    assert received.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 "))


async def test_somebody_who_says_nothing_has_the_patience_of_http_1(
    http2: Http2Proxies,
) -> None:
    both = await http2(to_legacy(1, "limits: { head_time: 100ms }\n"))
    silent, half = await Client.connect(both.port), await Client.connect(both.port)
    await half.send(PREFACE[:10])
    for client in (silent, half):
        assert await client.read_to_end() == b""
        await client.close()
    await eventually(lambda: not both.running.live.clients)
