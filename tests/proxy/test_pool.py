"""Which connections are taken again, against a real backend."""

from __future__ import annotations

import pytest

from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, to_legacy
from tests.proxy.wire import always, eventually, get, ok

TWO = (
    "  orders: {{ url: 'http://127.0.0.1:{port}' }}\nroutes: [{{ name: o, match: {{ path: /o }}, backend: orders }}]\n"
)


async def test_a_reload_keeps_the_connections_of_backends_that_stay_and_closes_those_of_the_others(
    origin: Origins, proxy: Proxies
) -> None:
    legacy, orders = await origin(always(ok(b"legacy"))), await origin(always(ok(b"orders")))
    running = await proxy(to_legacy(legacy.port, TWO.format(port=orders.port)))
    client = await running.connect()
    for target in (b"/", b"/o"):
        await client.send(get(target))
        await client.read_answer()
    running.live.use(Routing(load_table(to_legacy(legacy.port)), SECRET))
    await eventually(orders.connections[0].reader.at_eof)
    await client.send(get(b"/o"))
    assert (await client.read_answer())[2] == b"legacy"
    assert len(legacy.connections) == 1


async def test_a_connection_idle_for_too_long_is_closed_and_not_taken_again(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.pool.IDLE_SECONDS", 0.1)
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for connections in (1, 2):
        await client.send(get())
        await client.read_answer()
        assert len(backend.connections) == connections
        await eventually(backend.connections[-1].reader.at_eof)


async def test_a_write_goes_only_on_a_connection_that_was_used_just_now(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.pool.IDLE_SECONDS_UNSAFE", -1.0)
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for method, connections in ((b"GET", 1), (b"PUT", 1), (b"POST", 2), (b"PATCH", 3), (b"GET", 3)):
        await client.send(get(b"/", b"Content-Length: 0", method=method))
        await client.read_answer()
        assert len(backend.connections) == connections


async def test_several_endpoints_take_turns(origin: Origins, proxy: Proxies) -> None:
    first, second = await origin(always(ok(b"1"))), await origin(always(ok(b"2")))
    urls = f"['http://127.0.0.1:{first.port}', 'http://127.0.0.1:{second.port}']"
    client = await (await proxy(f"version: 1\nbackends: {{ legacy: {{ urls: {urls} }} }}\n")).connect()
    answers = []
    for _ in range(6):
        await client.send(get())
        answers.append((await client.read_answer())[2])
    assert sorted(answers) == [b"1"] * 3 + [b"2"] * 3
    assert len(first.connections) == len(second.connections) == 1
