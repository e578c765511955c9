"""Active checks of real endpoints, and what follows from them for requests."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field

import pytest

from proxy.endpoints.checks import ask
from proxy.model.table import Health
from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, Proxy
from tests.proxy.wire import Handler, Origin, OriginConnection, always, eventually, get, ok

RULES = "health: { path: /healthz, interval: 30ms, timeout: 5s, fall: 2, rise: 2 }"
SICK = b"HTTP/1.1 500 Sick\r\nContent-Length: 4\r\n\r\nsick"


@dataclass
class Patient:
    """An endpoint whose checks are answered as the test says; requests get its name."""

    name: bytes
    check: bytes = field(default_factory=ok)
    checks: int = 0

    async def __call__(self, connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            if head.startswith(b"GET /healthz "):
                self.checks += 1
                await connection.send(self.check)
            else:
                await connection.send(ok(self.name))


def table(*origins: Origin, more: str = RULES) -> str:
    urls = json.dumps([f"http://127.0.0.1:{one.port}" for one in origins])
    return f"version: 1\nbackends: {{ legacy: {{ urls: {urls}, {more} }} }}\n"


async def answers(running: Proxy, count: int) -> Counter[bytes]:
    client = await running.connect()
    got: Counter[bytes] = Counter()
    for _ in range(count):
        await client.send(get())
        got[(await client.read_answer())[2]] += 1
    return got


@pytest.mark.promise("U14")
async def test_an_ill_endpoint_takes_no_requests_until_it_is_well_again(
    origin: Origins, proxy: Proxies, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "proxy.endpoints")
    ill, well = Patient(b"ill", check=SICK), Patient(b"well")
    endpoints = [await origin(ill), await origin(well)]
    running = await proxy(table(*endpoints))
    url = f"http://127.0.0.1:{endpoints[0].port}"
    await eventually(lambda: running.count("strangler_endpoint_down", endpoint=url) == 1)
    assert ill.checks == 2
    assert await answers(running, 6) == {b"well": 6}
    ill.check = ok()
    await eventually(lambda: running.count("strangler_endpoint_up", endpoint=url) == 1)
    assert await answers(running, 6) == {b"well": 3, b"ill": 3}
    told = [(record.levelname, record.message) for record in caplog.records if record.name == "proxy.endpoints"]
    assert told == [("WARNING", "endpoint is ill"), ("INFO", "endpoint is well again")]
    assert running.count("strangler_endpoint_checks", result="bad") >= 2


@pytest.mark.promise("U14")
async def test_if_none_is_well_all_are_asked_since_the_checks_may_be_wrong(origin: Origins, proxy: Proxies) -> None:
    endpoints = [await origin(Patient(b"1", check=SICK)), await origin(Patient(b"2", check=SICK))]
    running = await proxy(table(*endpoints))
    await eventually(lambda: running.count("strangler_endpoint_down") == 2)
    assert await answers(running, 4) == {b"1": 2, b"2": 2}


async def test_a_backend_of_one_endpoint_is_asked_however_ill_it_is(origin: Origins, proxy: Proxies) -> None:
    running = await proxy(table(await origin(Patient(b"only", check=SICK))))
    await eventually(lambda: running.count("strangler_endpoint_down") == 1)
    assert await answers(running, 2) == {b"only": 2}


async def test_a_well_endpoint_is_asked_before_an_ill_one_even_if_it_was_ejected(
    origin: Origins, proxy: Proxies
) -> None:
    ill, ejected = Patient(b"ill"), Patient(b"ejected")
    endpoints = [await origin(ill), await origin(ejected)]
    running = await proxy(table(*endpoints, more=RULES.replace("30ms", "1h") + ", ejection: { failures: 1 }"))
    backend = running.live.backends.of(running.live.routing.table.legacy)
    backend.ended(backend.endpoints[1], 503)
    for _ in range(2):
        backend.checked(backend.endpoints[0], good=False, detail="for the test")
    assert await answers(running, 3) == {b"ejected": 3}


@pytest.mark.promise("U14")
async def test_a_check_that_is_answered_well_ends_an_ejection(origin: Origins, proxy: Proxies) -> None:
    endpoints = [await origin(Patient(b"1")), await origin(Patient(b"2"))]
    running = await proxy(table(*endpoints, more=RULES + ", ejection: { failures: 1, base: 1h, longest: 1h }"))
    backend = running.live.backends.of(running.live.routing.table.legacy)
    backend.ended(backend.endpoints[0], 503)
    assert running.count("strangler_endpoint_ejections", result="ejected") == 1
    await eventually(lambda: running.count("strangler_endpoint_up") == 2)


async def test_a_new_table_goes_on_with_the_same_checks_and_ends_those_it_does_not_name(
    origin: Origins, proxy: Proxies
) -> None:
    ill, other = Patient(b"ill", check=SICK), Patient(b"other")
    endpoints = [await origin(ill), await origin(other)]
    running = await proxy(table(*endpoints))
    await eventually(lambda: running.count("strangler_endpoint_down") == 1)
    running.live.use(Routing(load_table(table(*endpoints, more=RULES + ", resolve: 5s")), SECRET))
    assert running.count("strangler_endpoint_down") == 1
    running.live.use(Routing(load_table(table(*endpoints, more="resolve: 5s")), SECRET))
    assert running.count("strangler_endpoint_up") == 2
    await eventually(lambda: all(one.reader.at_eof() for one in endpoints[0].connections))
    checks = ill.checks
    assert (await answers(running, 4))[b"ill"] == 2
    assert ill.checks == checks


async def test_a_check_goes_its_own_way_and_leaves_no_connection_for_requests(origin: Origins, proxy: Proxies) -> None:
    endpoint = await origin(Patient(b"x"))
    running = await proxy(table(endpoint))
    await eventually(lambda: len(endpoint.heads) >= 3)
    assert endpoint.heads[0] == (
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: strangler-check\r\nConnection: close\r\n\r\n"
        % endpoint.port
    )
    assert all(len(connection.heads) <= 1 for connection in endpoint.connections)
    pool = running.live.backends.of(running.live.routing.table.legacy).endpoints[0].pool
    assert pool.take(running.live.now, safe=True) is None


async def silent(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.reader.read()


async def nonsense(connection: OriginConnection) -> None:
    await connection.read_head()
    await connection.send(b"HTTP/9.9 what\r\n\r\n")


async def gone(connection: OriginConnection) -> None:
    await connection.read_head()


@pytest.mark.parametrize(
    ("handler", "good", "detail"),
    [
        (always(ok()), True, "status 200"),
        (always(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), True, "status 302"),
        (always(SICK), False, "status 500"),
        (always(b"HTTP/1.1 103 Early\r\n\r\n" + SICK), False, "status 500"),
        (silent, False, "no answer within 0.1 s"),
        (nonsense, False, "invalid_answer"),
        (gone, False, "no_answer"),
    ],
)
async def test_what_a_check_makes_of_an_answer(
    origin: Origins, proxy: Proxies, handler: Handler, good: bool, detail: str
) -> None:
    endpoint = await origin(handler)
    running = await proxy(table(endpoint, more="resolve: 5s"))
    live = running.live.backends.of(running.live.routing.table.legacy).endpoints[0]
    answer = await ask(live.pool, Health("/", timeout=0.1 if handler is silent else 5.0), "x")
    assert answer[0] is good
    assert detail in answer[1]
    await eventually(lambda: all(connection.reader.at_eof() for connection in endpoint.connections))


async def test_nobody_at_the_port_is_a_bad_check(proxy: Proxies, unused_port: int) -> None:
    running = await proxy(f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{unused_port}' }} }}\n")
    live = running.live.backends.of(running.live.routing.table.legacy).endpoints[0]
    good, detail = await ask(live.pool, Health("/"), "x")
    assert not good
    assert "refused" in detail


async def test_checks_that_hang_hold_up_no_request(origin: Origins, proxy: Proxies) -> None:
    async def hangs_on_checks(connection: OriginConnection) -> None:
        head = await connection.read_head()
        if head.startswith(b"GET /healthz "):
            hung.set()
            await connection.reader.read()
        await connection.send(ok(b"x"))

    hung = asyncio.Event()
    running = await proxy(table(await origin(hangs_on_checks)))
    await hung.wait()
    assert await answers(running, 1) == {b"x": 1}
