"""Host names of backends: where they lead, and that no request waits for a lookup."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from proxy.endpoints import names
from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, Proxy
from tests.proxy.wire import OriginConnection, always, eventually, get, ok


class Dns:
    """Answers lookups as the test says: addresses, an error, or nothing until ``answer`` is set."""

    def __init__(self) -> None:
        self.says: list[str] | Exception = ["127.0.0.1"]
        self.answer = asyncio.Event()
        self.answer.set()
        self.asked = 0

    async def look_up(self, host: str, done: Callable[[], None]) -> list[str]:
        assert host == "orders.test"
        self.asked += 1
        try:
            await self.answer.wait()
        finally:
            done()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


NOT_FOUND = OSError(-2, "Name or service not known")


@pytest.fixture
async def dns(monkeypatch: pytest.MonkeyPatch) -> Dns:
    made = Dns()
    monkeypatch.setattr(names, "look_up", made.look_up)
    monkeypatch.setattr(names, "AGAIN_SECONDS", 0.02)
    return made


def table(port: int, *, host: str = "orders.test", connect: str = "5s", resolve: str = "20ms") -> str:
    return (
        f"version: 1\nbackends: {{ legacy: {{ url: 'http://{host}:{port}', resolve: {resolve}, "
        f"timeouts: {{ connect: {connect} }} }} }}\n"
    )


async def ask(running: Proxy) -> tuple[int, bytes]:
    client = await running.connect()
    await client.send(get())
    status, _, body = await client.read_answer()
    return status, body


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[Any]:
    return [record for record in caplog.records if record.message == event]


async def test_localhost_is_found_for_real(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok(b"here")))
    assert await ask(await proxy(table(backend.port, host="localhost", resolve="10s"))) == (200, b"here")


@pytest.mark.parametrize("family", ["127.0.0.1", "::1"])
async def test_a_name_in_both_families_is_reached_in_the_one_that_the_backend_listens_in(
    origin: Origins, proxy: Proxies, dns: Dns, family: str
) -> None:
    dns.says = ["::1", "127.0.0.1"]
    backend = await origin(always(ok()), host=family)
    running = await proxy(table(backend.port))
    for _ in range(2):
        assert (await ask(running))[0] == 200


@pytest.mark.promise("U2")
async def test_a_name_that_leads_nowhere_is_a_bad_gateway_with_a_reason(
    proxy: Proxies, dns: Dns, caplog: pytest.LogCaptureFixture
) -> None:
    dns.says = NOT_FOUND
    running = await proxy(table(80))
    assert (await ask(running))[0] == 502
    detail = told(caplog, "backend failed")[0].detail
    assert detail == "http://orders.test:80: no address of orders.test is known: Name or service not known"
    await eventually(lambda: dns.asked > 3)
    assert len(told(caplog, "host name not found")) == 1


@pytest.mark.promise("U2")
async def test_the_last_good_address_is_kept_while_lookups_fail(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port))
    assert (await ask(running))[0] == 200
    dns.says, asked = NOT_FOUND, dns.asked
    await eventually(lambda: dns.asked > asked + 2)
    for connection in backend.connections:
        connection.reset()
    assert (await ask(running))[0] == 200


@pytest.mark.promise("U2")
async def test_a_name_that_is_found_later_is_asked_then(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    dns.says = NOT_FOUND
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, resolve="1h"))
    assert (await ask(running))[0] == 502
    dns.says, asked = ["127.0.0.1"], dns.asked
    await eventually(lambda: dns.asked > asked)
    assert (await ask(running))[0] == 200


@pytest.mark.promise("U2")
async def test_requests_wait_for_the_first_lookup_and_for_no_other(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    backend = await origin(always(ok()))
    dns.answer.clear()
    running = await proxy(table(backend.port))  # a start does not wait for it either
    first = asyncio.ensure_future(ask(running))
    await eventually(lambda: dns.asked == 1 and running.live.clients)
    assert not first.done()
    dns.answer.set()
    assert (await first)[0] == 200
    await eventually(lambda: dns.asked > 1)
    dns.answer.clear()
    await eventually(lambda: dns.asked > 2)
    backend.connections[0].reset()
    assert (await ask(running))[0] == 200


@pytest.mark.promise("U2")
async def test_a_first_lookup_that_hangs_takes_no_longer_than_a_connection_may(proxy: Proxies, dns: Dns) -> None:
    dns.answer.clear()
    running = await proxy(table(80, connect="100ms"))
    assert (await ask(running))[0] == 504


@pytest.mark.promise("U2")
async def test_a_name_that_moves_takes_its_connections_with_it(
    origin: Origins, proxy: Proxies, dns: Dns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "proxy.endpoints")
    old = await origin(always(ok(b"old")))
    running = await proxy(table(old.port))
    assert (await ask(running))[1] == b"old"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ok(b"new"))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.2", old.port):
        dns.says = ["127.0.0.2"]
        await eventually(old.connections[0].reader.at_eof, "the connection to the old address was kept")
        assert (await ask(running))[1] == b"new"
    moved = told(caplog, "host name moved")[0]
    assert (moved.before, moved.now) == (["127.0.0.1"], ["127.0.0.2"])


async def test_a_connection_in_use_while_the_name_moves_is_not_used_again(
    origin: Origins, proxy: Proxies, dns: Dns
) -> None:
    answer = asyncio.Event()

    async def waits(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await answer.wait()
            await connection.send(ok(b"old"))

    old = await origin(waits)
    running = await proxy(table(old.port))
    under_way = asyncio.ensure_future(ask(running))
    await eventually(lambda: old.heads)
    dns.says, asked = ["127.0.0.2"], dns.asked
    await eventually(lambda: dns.asked > asked + 1)
    answer.set()
    assert await under_way == (200, b"old")
    await eventually(old.connections[0].reader.at_eof)


async def test_connections_to_addresses_that_stay_are_kept(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port))
    await ask(running)
    for says in (["127.0.0.1", "127.0.0.9"], ["127.0.0.1"]):
        dns.says, asked = says, dns.asked
        await eventually(lambda asked=asked: dns.asked > asked + 1)
    assert (await ask(running))[0] == 200
    assert len(backend.connections) == 1


async def test_all_addresses_of_a_name_take_turns(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    async def answer(connection: OriginConnection) -> None:
        await connection.read_head()
        address = str(connection.writer.get_extra_info("sockname")[0]).encode()
        await connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n" + address)

    backend = await origin(answer, host="0.0.0.0")
    dns.says = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    running = await proxy(table(backend.port))
    got = Counter([(await ask(running))[1].decode() for _ in range(6)])
    assert got == dict.fromkeys(dns.says, 2)


async def test_an_address_that_cannot_be_reached_costs_no_request(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    backend = await origin(always(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
    dns.says = ["127.0.0.2", "127.0.0.1"]
    running = await proxy(table(backend.port))
    assert [(await ask(running))[0] for _ in range(4)] == [200] * 4


async def test_a_backend_that_left_the_table_still_finds_its_address(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    """The fallback of a request that is on its way while the table changes."""
    legacy = await origin(always(ok(b"legacy")))
    running = await proxy(f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }} }}\n")
    past = load_table(table(legacy.port)).legacy
    running.live.backends._by_name.clear()
    got: list[Any] = []
    running.live.backends.of(past).pick(None).pool.connect(5.0, got.append, lambda *failed: got.append(failed))
    await eventually(lambda: got)
    assert got[0].transport.get_extra_info("peername")[0] == "127.0.0.1"
    got[0].discard()


async def test_a_lookup_that_hangs_for_ever_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, over = threading.Event(), asyncio.Event()

    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        assert threading.current_thread().daemon
        hangs.wait()
        return []

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    waiting = asyncio.ensure_future(names.look_up("orders.test", over.set))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not over.is_set()
    hangs.set()
    await over.wait()


async def test_what_cannot_be_looked_up_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        raise NOT_FOUND

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    over = asyncio.Event()
    with pytest.raises(OSError, match="not known"):
        await names.look_up("orders.test", over.set)
    assert over.is_set()


async def test_an_address_is_not_looked_up(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    for host in ("127.0.0.1", "::1"):
        backend = await origin(always(ok()), host=host)
        url_host = f"[{host}]" if ":" in host else host
        assert (await ask(await proxy(table(backend.port, host=url_host))))[0] == 200
        assert backend.heads[0].split(b"\r\n")[1] == b"Host: example.com"
    assert dns.asked == 0


async def test_a_name_that_left_the_table_is_not_looked_up_any_more(proxy: Proxies, dns: Dns) -> None:
    running = await proxy(table(80))
    await eventually(lambda: dns.asked > 1)
    running.live.use(Routing(load_table(table(80, host="127.0.0.1")), SECRET))
    asked = dns.asked
    await asyncio.sleep(0.1)
    assert dns.asked == asked


@pytest.mark.promise("B136")
@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"])
async def test_a_name_that_leads_to_a_cloud_s_secrets_leads_nowhere(
    proxy: Proxies, dns: Dns, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    dns.says = [address]
    running = await proxy(table(80))
    assert (await ask(running))[0] == 502
    assert f"it leads to {address}, where clouds keep credentials" in told(caplog, "backend failed")[0].detail


@pytest.mark.promise("B136")
async def test_a_name_that_turns_to_a_cloud_s_secrets_keeps_its_last_good_address(
    origin: Origins, proxy: Proxies, dns: Dns
) -> None:
    backend = await origin(always(ok(b"here")))
    running = await proxy(table(backend.port))
    assert await ask(running) == (200, b"here")
    dns.says, asked = ["169.254.169.254"], dns.asked
    await eventually(lambda: dns.asked > asked + 2)
    for connection in backend.connections:
        connection.reset()
    assert await ask(running) == (200, b"here")


@pytest.mark.promise("B136")
async def test_of_several_addresses_the_good_ones_are_asked(origin: Origins, proxy: Proxies, dns: Dns) -> None:
    backend = await origin(always(ok(b"here")))
    dns.says = ["169.254.169.254", "127.0.0.1"]
    assert await ask(await proxy(table(backend.port, connect="2s"))) == (200, b"here")
