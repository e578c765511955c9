"""How connections come in: by TLS, behind load balancers, and those that are turned away."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import re
import socket
import ssl
import struct
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from proxy.listen import doorway
from proxy.listen.doorway import Doorway
from proxy.listen.tls import CertificateTexts, ServerTls
from proxy.model.listen import ClientTls, Listen
from tests.proxy.certificates import LONG_AGO, client_context, client_pair, server_pair, texts_of
from tests.proxy.conftest import Origins, Proxies, Proxy, to_legacy
from tests.proxy.wire import PATIENCE, Client, OriginConnection, always, eventually, get, ok

LOCAL = ("127.0.0.0/8", "::1/128")


@dataclass
class Entrance:
    """A port whose connections come through a doorway."""

    proxy: Proxy
    door: Doorway
    port: int
    host: str
    arriving: set[asyncio.Task[None]] = field(default_factory=set)

    async def connect(
        self, context: ssl.SSLContext | None = None, name: str = "example.com", first: bytes = b""
    ) -> Client:
        """Connect, say ``first`` in plain text, then shake hands if there is a context."""
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=2**16)
        writer.write(first)
        if context is not None:
            await asyncio.wait_for(writer.start_tls(context, server_hostname=name), PATIENCE)
        client = Client(reader, writer)
        self.proxy.clients.append(client)
        return client

    def turned_away(self, reason: str) -> int:
        return self.proxy.count("strangler_connections_turned_away", reason=reason)


Entrances = Callable[..., Awaitable[Entrance]]


@pytest.fixture
async def entrance(proxy: Proxies) -> AsyncIterator[Entrances]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            table: str,
            tls: tuple[ClientTls, CertificateTexts] | None = None,
            balancers: tuple[str, ...] = (),
            host: str = "127.0.0.1",
            http2: bool = False,
        ) -> Entrance:
            running = await proxy(table)
            door = Doorway(running.live)
            door.use(Listen(proxy_protocol=balancers, http2=http2), ServerTls(*tls, http2=http2) if tls else None)
            listening = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
            listening.setblocking(False)
            made = Entrance(running, door, listening.getsockname()[1], host)
            accepting = asyncio.create_task(_accept(made, listening))

            async def stop() -> None:
                accepting.cancel()
                for task in list(made.arriving):
                    task.cancel()
                await asyncio.gather(*made.arriving, return_exceptions=True)
                listening.close()

            stack.push_async_callback(stop)
            return made

        yield start


async def _accept(made: Entrance, listening: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        accepted, peer = await loop.sock_accept(listening)
        task = loop.create_task(made.door.let_in(accepted, peer[0]))
        made.arriving.add(task)
        task.add_done_callback(made.arriving.discard)


ONE = texts_of(server_pair("example.com"))
CLIENTS = (replace(ONE[0], client_ca="ca"), ONE[1])


def lines_of(head: bytes, name: bytes) -> list[bytes]:
    return re.findall(rb"(?im)^" + name + rb": (.*)\r$", head)


# TLS.


async def test_a_request_by_tls_tells_the_backend_so(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE)
    client = await made.connect(client_context())
    for _ in range(2):
        await client.send(get())
        assert (await client.read_answer())[2] == b"hello"
    assert lines_of(behind.heads[1], b"x-forwarded-proto") == [b"https"]
    assert lines_of(behind.heads[1], b"x-forwarded-for") == [b"127.0.0.1"]
    assert made.proxy.count("strangler_tls_handshakes", version="TLSv1.3", resumed="no") == 1


async def test_our_cookie_is_for_https_only_where_the_client_came_by_it(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    split = "routes:\n  - { name: all, match: { path: '/**' }, split: { legacy: 1, new: 1 } }\n"
    table = (
        to_legacy(behind.port).replace("routes", "") + f"  new: {{ url: 'http://127.0.0.1:{behind.port}' }}\n{split}"
    )
    made = await entrance(table, ONE)
    for context, expected in ((client_context(), True), (None, False)):
        client = await made.connect(context) if context else await made.proxy.connect()
        await client.send(get())
        _, head, _ = await client.read_answer()
        assert (b"; Secure" in lines_of(head, b"set-cookie")[0]) is expected


async def test_http_1_1_is_agreed_on_where_the_client_offers_more(origin: Origins, entrance: Entrances) -> None:
    made = await entrance(to_legacy(1), ONE)
    client = await made.connect(client_context(alpn=["h2", "http/1.1"]))
    assert client.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize(
    ("offered", "oldest", "spoken"),
    [
        (ssl.TLSVersion.TLSv1_1, "1.2", None),
        (ssl.TLSVersion.TLSv1_2, "1.2", "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_2, "1.3", None),
        (ssl.TLSVersion.TLSv1_3, "1.3", "TLSv1.3"),
    ],
)
async def test_old_versions_of_tls_are_refused_and_counted(
    entrance: Entrances, offered: ssl.TLSVersion, oldest: str, spoken: str | None
) -> None:
    made = await entrance(to_legacy(1), (replace(ONE[0], min_version=oldest), ONE[1]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ONE[1].files["ca"])
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):  # they are old, that is the point
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = offered
    if spoken is None:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await made.connect(context)
        await eventually(lambda: made.turned_away("handshake") == 1)
    else:
        client = await made.connect(context)
        assert client.writer.get_extra_info("ssl_object").version() == spoken


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example.com", "example.com"),
        ("www.example.org", "*.example.org"),
        ("shop.example.org", "shop.example.org"),
        ("unknown.test", "example.com"),
        (None, "example.com"),
    ],
)
async def test_the_name_that_a_client_asks_for_chooses_the_certificate(
    entrance: Entrances, name: str | None, expected: str
) -> None:
    made = await entrance(
        to_legacy(1),
        texts_of(server_pair("example.com"), server_pair("*.example.org"), server_pair("shop.example.org")),
    )
    context = client_context()
    context.check_hostname = False
    client = await made.connect(context, name)  # type: ignore[arg-type]  # no name, no SNI
    certificate = client.writer.get_extra_info("ssl_object").getpeercert()
    assert ("DNS", expected) in certificate["subjectAltName"]


async def test_a_client_certificate_is_asked_for_under_every_name(entrance: Entrances, tmp_path: Path) -> None:
    tls, texts = texts_of(server_pair("example.com"), server_pair("*.example.org"))
    made = await entrance(to_legacy(1), (replace(tls, client_ca="ca"), texts))
    for name in ("example.com", "www.example.org"):
        client = await made.connect(client_context(), name)
        assert await client.read_to_end() == b""
    await eventually(lambda: made.turned_away("handshake") == 2)
    client = await made.connect(client_context(client_pair("alice"), tmp_path), "www.example.org")
    await eventually(lambda: made.proxy.count("strangler_tls_handshakes") == 1)


async def test_a_verified_client_is_told_to_the_backend_and_cannot_be_made_up(
    origin: Origins, entrance: Entrances, tmp_path: Path
) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), CLIENTS)
    client = await made.connect(client_context(client_pair("alice"), tmp_path))
    await client.send(
        get(b"/", b"X-Client-Cert-Subject: CN=admin", b"client-cert: :AAAA:", b"X_Client_Cert_Subject: CN=admin",
            b"Client-Cert-Chain: :AAAA:", b"Connection: X-Client-Cert-Subject")
    )  # fmt: skip
    await client.read_answer()
    (head,) = behind.heads
    (subject,) = lines_of(head, b"x-client-cert-subject")
    assert subject.startswith(b"CN=alice,")
    assert subject.endswith(b"O=Clients")
    (certificate,) = lines_of(head, b"client-cert")
    text, end, _ = client_pair("alice")[0].partition("-----END CERTIFICATE-----\n")
    der = ssl.PEM_cert_to_DER_cert(text + end)
    assert certificate == b":" + base64.b64encode(der) + b":"
    assert b"admin" not in head
    assert b"AAAA" not in head


async def test_without_client_certificates_nobody_can_claim_one(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE)
    client = await made.connect(client_context())
    await client.send(get(b"/", b"X-Client-Cert-Subject: CN=admin", b"Client-Cert: :AAAA:"))
    await client.read_answer()
    assert b"lient-cert" not in behind.heads[0].lower()


@pytest.mark.parametrize("required", [True, False])
async def test_an_expired_client_certificate_is_never_accepted(
    entrance: Entrances, tmp_path: Path, required: bool
) -> None:
    made = await entrance(to_legacy(1), (replace(CLIENTS[0], client_required=required), CLIENTS[1]))
    client = await made.connect(client_context(client_pair("bob", expires=LONG_AGO), tmp_path))
    assert await client.read_to_end() == b""
    await eventually(lambda: made.turned_away("handshake") == 1)
    assert made.proxy.count("strangler_tls_handshakes") == 0


async def test_an_optional_certificate_may_be_left_out(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), (replace(CLIENTS[0], client_required=False), CLIENTS[1]))
    client = await made.connect(client_context())
    await client.send(get())
    assert (await client.read_answer())[0] == 200
    assert b"lient-cert" not in behind.heads[0].lower()


@pytest.mark.promise("C12")
async def test_tls_on_a_plain_port_is_refused_in_one_line(
    entrance: Entrances, caplog: pytest.LogCaptureFixture
) -> None:
    made = await entrance(to_legacy(1))
    with caplog.at_level("INFO"), pytest.raises((ssl.SSLError, ConnectionError)):
        await made.connect(client_context())
    await eventually(lambda: not made.proxy.live.clients)
    assert [record.message for record in caplog.records if record.name.startswith("proxy")] == ["refused"]
    assert made.proxy.count("strangler_refused") == 1


@pytest.mark.promise("C12")
@pytest.mark.parametrize(
    "garbage", [b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"\x00" * 70000, b"\x80\x2e\x01\x00\x02", b"SSH-2.0-x\r\n"]
)
async def test_garbage_on_a_port_with_tls_is_closed_in_one_line(
    entrance: Entrances, caplog: pytest.LogCaptureFixture, garbage: bytes
) -> None:
    made = await entrance(to_legacy(1), ONE)
    client = await made.connect()
    with caplog.at_level("INFO"):
        client.writer.write(garbage)
        client.writer.write_eof()
        assert not (await client.read_to_end())[7:]  # an alert at most
        await eventually(lambda: made.proxy.count("strangler_connections_turned_away") == 1)
    assert [record.message for record in caplog.records if record.name.startswith("proxy")] == ["turned away"]


@pytest.mark.promise("C12")
async def test_plain_http_on_a_port_with_tls_is_closed_and_counted(entrance: Entrances) -> None:
    made = await entrance(to_legacy(1), ONE)
    client = await made.connect()
    await client.send(get())
    assert await client.read_to_end() == b""
    await eventually(lambda: made.turned_away("plain_http") == 1)


async def test_a_client_that_leaves_during_the_handshake_is_counted(entrance: Entrances) -> None:
    made = await entrance(to_legacy(1), ONE)
    client = await made.connect(first=b"\x16\x03\x01\x02")
    await client.close()
    await eventually(lambda: made.turned_away("left") == 1)
    assert not made.arriving


async def test_who_says_nothing_is_let_go(entrance: Entrances, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "PATIENCE", 0.1)
    made = await entrance(to_legacy(1), ONE)
    clients = [await made.connect() for _ in range(20)]
    for client in clients:
        assert await client.read_to_end() == b""
    assert made.turned_away("handshake_timeout") == 20


@pytest.mark.parametrize("balancers", [(), LOCAL])
async def test_many_who_say_nothing_keep_nobody_out(
    origin: Origins, entrance: Entrances, monkeypatch: pytest.MonkeyPatch, balancers: tuple[str, ...]
) -> None:
    monkeypatch.setattr(doorway, "MAX_INSIDE", 10)
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE, balancers)
    silent = [await made.connect() for _ in range(30)]
    await eventually(lambda: made.turned_away("crowded") == 20)
    client = await made.connect(client_context(), first=b"PROXY UNKNOWN\r\n" if balancers else b"")
    await client.send(get())
    assert (await client.read_answer())[0] == 200
    assert await silent[0].read_to_end() == b""
    assert len(made.arriving) <= 10


async def test_a_session_is_resumed(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE)
    context = client_context()

    def ask(session: ssl.SSLSession | None) -> ssl.SSLSession | None:
        with (
            socket.create_connection(("127.0.0.1", made.port), PATIENCE) as raw,
            context.wrap_socket(raw, server_hostname="example.com", session=session) as client,
        ):
            client.sendall(get())
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
            return client.session

    session = await asyncio.to_thread(ask, None)
    await asyncio.to_thread(ask, session)
    await eventually(lambda: made.proxy.count("strangler_tls_handshakes", resumed="yes") == 1)


async def test_other_certificates_are_for_the_next_connection(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE)
    before = await made.connect(client_context())
    made.door.use(Listen(), ServerTls(*texts_of(server_pair("new.example.com"))))
    after = await made.connect(client_context(), "new.example.com")
    for client in (before, after):
        await client.send(get())
        assert (await client.read_answer())[0] == 200


# How a connection by TLS ends.


async def test_a_refusal_is_read_although_the_client_still_sends(entrance: Entrances) -> None:
    made = await entrance(to_legacy(1), ONE)
    client = await made.connect(client_context())
    await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" + b"x" * 300_000)
    status, head, _ = await client.read_answer()
    assert status == 400
    assert lines_of(head, b"connection") == [b"close"]
    assert await client.read_to_end() == b""
    await eventually(lambda: not made.proxy.live.clients)


async def test_who_sends_on_after_a_refusal_is_read_as_long_as_it_sends(
    entrance: Entrances, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads only when it has sent all; a reset before would cost it the answer."""
    monkeypatch.setattr("proxy.listen.tls_client.LINGER_SECONDS", 0.5)
    made = await entrance(to_legacy(1), ONE)

    def send_all_and_read_then() -> bytes:
        pause = threading.Event()
        with (
            socket.create_connection(("127.0.0.1", made.port), PATIENCE) as raw,
            client_context().wrap_socket(raw, server_hostname="example.com") as client,
        ):
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
            for _ in range(25):
                client.sendall(b"x" * 1000)
                pause.wait(0.05)
            return client.recv(100)

    assert (await asyncio.to_thread(send_all_and_read_then)).startswith(b"HTTP/1.1 400 ")
    await eventually(lambda: not made.proxy.live.clients)


CLOSE_DELIMITED = b"HTTP/1.1 200 OK\r\n\r\n"


async def test_an_answer_that_ends_with_the_connection_ends_it_properly(origin: Origins, entrance: Entrances) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(CLOSE_DELIMITED + b"whole")

    behind = await origin(handler)
    made = await entrance(to_legacy(behind.port), ONE)
    client = await made.connect(client_context())
    await client.send(b"GET / HTTP/1.0\r\nHost: example.com\r\n\r\n")
    assert (await client.reader.read()).endswith(b"\r\n\r\nwhole")


async def test_a_cut_answer_that_ends_with_the_connection_is_visibly_cut(origin: Origins, entrance: Entrances) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthere\r\n")
        connection.writer.close()

    behind = await origin(handler)
    made = await entrance(to_legacy(behind.port), ONE)
    client = await made.connect(client_context())
    await client.send(b"GET / HTTP/1.0\r\nHost: example.com\r\n\r\n")
    await client.read_head()
    assert await client.read_exactly(5) == b"there"
    with pytest.raises(ConnectionError):
        await client.read_exactly(1)


async def test_a_drain_ends_idle_connections(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE)
    client = await made.connect(client_context())
    await client.send(get())
    await client.read_answer()
    made.proxy.live.drain()
    assert await client.read_to_end() == b""
    await asyncio.wait_for(made.proxy.live.emptied.wait(), PATIENCE)


async def test_a_client_that_reads_slowly_gets_all_and_one_that_does_not_read_goes(
    origin: Origins, entrance: Entrances, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 8 * 1024 * 1024
    behind = await origin(always(ok(b"x" * size)))
    made = await entrance(to_legacy(behind.port, "defaults: { timeouts: { idle: 1s } }\n"), ONE)
    monkeypatch.setattr("proxy.listen.tls_client.STALL_SECONDS", 1.0)

    def read(pause: float) -> int:
        """All of the answer by small steps; with the longest pause that is none."""
        received = 0
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        raw.settimeout(PATIENCE)
        raw.connect(("127.0.0.1", made.port))
        with client_context().wrap_socket(raw, server_hostname="example.com") as client:
            client.sendall(get(b"/", b"Connection: close"))
            while data := client.recv(16384):
                received += len(data)
                stop.wait(pause)
        return received

    stop = threading.Event()
    assert await asyncio.to_thread(read, 0.004) > size
    await eventually(lambda: not made.proxy.live.clients)
    waiting = asyncio.create_task(asyncio.to_thread(read, PATIENCE))
    await eventually(lambda: made.proxy.live.clients)
    await eventually(lambda: not made.proxy.live.clients, "the client that does not read was never let go")
    stop.set()
    assert await waiting < size


async def test_a_tunnel_by_tls_carries_bytes_both_ways_and_ends_as_one(origin: Origins, entrance: Entrances) -> None:
    async def handler(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n")
        for _ in range(2):
            await connection.send((await connection.read_exactly(200_000))[::-1])
        await connection.reader.read()

    behind = await origin(handler)
    made = await entrance(to_legacy(behind.port), ONE)
    client = await made.connect(client_context())
    await client.send(get(b"/", b"Connection: Upgrade", b"Upgrade: chat"))
    assert (await client.read_head()).startswith(b"HTTP/1.1 101 ")
    data = bytes(range(250)) * 800
    for _ in range(2):
        await client.send(data)
        assert await client.read_exactly(len(data)) == data[::-1]
    assert made.proxy.count("strangler_tunnels") == 1
    await client.close()
    await eventually(lambda: made.proxy.count("strangler_tunnels") == 0)
    assert behind.connections[0].reader.at_eof()
    await eventually(lambda: not made.proxy.live.clients)


# PROXY headers.


def version_2(address: str, more: bytes = b"") -> bytes:
    source = ipaddress.ip_address(address)
    code, other = (0x11, "127.0.0.1") if source.version == 4 else (0x21, "::1")
    block = source.packed + ipaddress.ip_address(other).packed + struct.pack("!HH", 4711, 443) + more
    return b"\r\n\r\n\x00\r\nQUIT\n" + struct.pack("!BBH", 0x21, code, len(block)) + block


OVER_TLS = b"\x20\x00\x05\x01\x00\x00\x00\x00"


@pytest.mark.parametrize("secured", [False, True])
@pytest.mark.parametrize(
    ("header", "address"),
    [
        (b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n", b"203.0.113.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 80\r\n", b"2001:db8::7"),
        (b"PROXY UNKNOWN\r\n", b"127.0.0.1"),
        (version_2("203.0.113.7"), b"203.0.113.7"),
        (version_2("2001:db8::7", b"\x02\x00\x03abc"), b"2001:db8::7"),
        (b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00", b"127.0.0.1"),
    ],
)
async def test_a_load_balancer_says_who_the_client_is(
    origin: Origins, entrance: Entrances, header: bytes, address: bytes, secured: bool
) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE if secured else None, LOCAL)
    client = await made.connect(client_context() if secured else None, first=header)
    await client.send(get())
    assert (await client.read_answer())[2] == b"hello"
    assert lines_of(behind.heads[0], b"x-forwarded-for") == [address]
    assert lines_of(behind.heads[0], b"x-forwarded-proto") == [b"https" if secured else b"http"]
    assert made.proxy.access_log.lines[0][-1] == address.decode()


async def test_header_and_request_may_come_in_any_pieces(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), None, LOCAL)
    whole = version_2("203.0.113.7") + get()
    for size in (1, 7, len(whole)):
        client = await made.connect()
        client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(whole), size):
            await client.send(whole[at : at + size])
            await asyncio.sleep(0)
        assert (await client.read_answer())[0] == 200
    assert {lines_of(head, b"x-forwarded-for")[0] for head in behind.heads} == {b"203.0.113.7"}


async def test_tls_that_the_load_balancer_ended_counts_as_https(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), None, LOCAL)
    client = await made.connect(first=version_2("203.0.113.7", OVER_TLS))
    await client.send(get())
    await client.read_answer()
    assert lines_of(behind.heads[0], b"x-forwarded-proto") == [b"https"]


async def test_trust_goes_by_the_address_that_was_told(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(
        to_legacy(behind.port, "defaults: { trusted_proxies: [127.0.0.1, 203.0.113.7] }\n"), None, LOCAL
    )
    for told, forwarded in (
        (b"203.0.113.7", b"192.0.2.1, 203.0.113.7"),
        (b"203.0.113.8", b"203.0.113.8"),
    ):
        client = await made.connect(first=b"PROXY TCP4 %s 127.0.0.1 1 2\r\n" % told)
        await client.send(get(b"/", b"X-Forwarded-For: 192.0.2.1"))
        await client.read_answer()
        assert lines_of(behind.heads[-1], b"x-forwarded-for") == [forwarded]


@pytest.mark.parametrize("first", [get(), b"\x16\x03\x01\x02\x00", b"PROXY TCP4 nonsense\r\n"])
async def test_a_load_balancer_must_send_the_header(entrance: Entrances, first: bytes) -> None:
    made = await entrance(to_legacy(1), None, LOCAL)
    client = await made.connect(first=first)
    assert await client.read_to_end() == b""
    assert made.turned_away("proxy_header") == 1


async def test_a_load_balancer_that_says_nothing_is_let_go(
    entrance: Entrances, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorway, "PATIENCE", 0.05)
    made = await entrance(to_legacy(1), None, LOCAL)
    client = await made.connect(first=b"PROXY TCP4 ")
    assert await client.read_to_end() == b""
    assert made.turned_away("proxy_header_timeout") == 1
    monkeypatch.setattr(doorway, "PATIENCE", PATIENCE)
    client = await made.connect(first=b"PROXY")
    await client.close()
    await eventually(lambda: made.turned_away("left") == 1)


async def test_nobody_else_is_believed(origin: Origins, entrance: Entrances) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), None, ("192.0.2.1/32",))
    client = await made.connect(first=b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n")
    await client.send(get())
    assert (await client.read_answer())[0] in {400, 501}  # to HTTP this is a request by an unknown method
    assert not behind.heads
    honest = await made.connect()
    await honest.send(get())
    assert (await honest.read_answer())[0] == 200


# HTTP/2.


async def speak_http2(client: Client, path: bytes = b"/") -> Any:
    """One request, and its answer."""
    wire = pytest.importorskip("tests.proxy.http2.wire")
    http2 = wire.Http2Client(client.reader, client.writer)
    http2.h2.initiate_connection()
    stream = await http2.send(wire.request(path))
    await http2.until(lambda: http2.answers[stream].over)
    return http2.answers[stream]


@pytest.mark.parametrize("balancers", [(), LOCAL])
@pytest.mark.parametrize("secured", [False, True])
async def test_http_2_is_spoken_where_it_is_on(
    origin: Origins, entrance: Entrances, secured: bool, balancers: tuple[str, ...]
) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE if secured else None, balancers, http2=True)
    first = b"PROXY TCP4 203.0.113.7 127.0.0.1 1 2\r\n" if balancers else b""
    client = await made.connect(client_context(alpn=["h2", "http/1.1"]) if secured else None, first=first)
    answer = await speak_http2(client)
    assert (answer.status, answer.body) == (200, b"hello")
    plain = await made.connect(client_context(alpn=["http/1.1"]) if secured else None, first=first)
    await plain.send(get())
    assert (await plain.read_answer())[0] == 200
    for head in behind.heads:
        assert lines_of(head, b"x-forwarded-for") == [b"203.0.113.7" if balancers else b"127.0.0.1"]
        assert lines_of(head, b"x-forwarded-proto") == [b"https" if secured else b"http"]


async def test_a_client_certificate_is_told_with_http_2_too(
    origin: Origins, entrance: Entrances, tmp_path: Path
) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), CLIENTS, http2=True)
    client = await made.connect(client_context(client_pair("alice"), tmp_path, alpn=["h2"]))
    assert (await speak_http2(client)).status == 200
    assert lines_of(behind.heads[0], b"x-client-cert-subject")[0].startswith(b"CN=alice,")


# IPv6.


@pytest.mark.parametrize("secured", [False, True])
async def test_clients_come_by_ipv6(origin: Origins, entrance: Entrances, secured: bool) -> None:
    behind = await origin(always(ok()))
    made = await entrance(to_legacy(behind.port), ONE if secured else None, host="::1")
    client = await made.connect(client_context() if secured else None)
    await client.send(get())
    assert (await client.read_answer())[0] == 200
    assert lines_of(behind.heads[0], b"x-forwarded-for") == [b"::1"]
    assert made.proxy.access_log.lines[0][-1] == "::1"
