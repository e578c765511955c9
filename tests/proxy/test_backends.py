"""Which endpoint of a backend a request goes to, against real ones."""

from __future__ import annotations

from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, to_legacy
from tests.proxy.wire import OriginConnection, always, eventually, get, ok

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


async def test_a_reload_keeps_the_connections_of_endpoints_that_stay(origin: Origins, proxy: Proxies) -> None:
    first, second = await origin(always(ok(b"1"))), await origin(always(ok(b"2")))
    urls = [f"http://127.0.0.1:{one.port}" for one in (first, second)]
    running = await proxy(f"version: 1\nbackends: {{ legacy: {{ urls: {urls} }} }}\n")
    client = await running.connect()
    for _ in range(2):
        await client.send(get())
        await client.read_answer()
    running.live.use(Routing(load_table(f"version: 1\nbackends: {{ legacy: {{ url: '{urls[0]}' }} }}\n"), SECRET))
    await eventually(second.connections[0].reader.at_eof)
    await client.send(get())
    assert (await client.read_answer())[2] == b"1"
    assert len(first.connections) == 1


async def test_a_backend_that_left_the_table_still_serves_what_was_decided_before(
    origin: Origins, proxy: Proxies
) -> None:
    """The fallback of a request that is on its way while the table changes."""

    async def hold(connection: OriginConnection) -> None:
        await connection.read_head()
        running.live.use(Routing(load_table(to_legacy(legacy.port)), SECRET))
        connection.reset()

    legacy, held, spare = await origin(always(ok(b"legacy"))), await origin(hold), await origin(always(ok(b"spare")))
    running = await proxy(
        to_legacy(
            legacy.port,
            f"  new: {{ url: 'http://127.0.0.1:{held.port}' }}\n  spare: {{ url: 'http://127.0.0.1:{spare.port}' }}\n"
            "routes: [{ name: o, match: { path: /o }, backend: new, fallback: spare }]\n",
        )
    )
    client = await running.connect()
    await client.send(get(b"/o"))
    assert (await client.read_answer())[2] == b"spare"
    await eventually(spare.connections[0].reader.at_eof, "the connection was kept, though nobody could take it again")


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
