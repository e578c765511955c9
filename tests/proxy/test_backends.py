"""Which endpoint of a backend a request goes to, against real ones."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from proxy.backends import LiveBackend
from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.conftest import SECRET, Origins, Proxies, Proxy, to_legacy
from tests.proxy.interpreted import interpreted
from tests.proxy.wire import Origin, OriginConnection, always, eventually, get, ok

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


def urls(*origins: Origin) -> list[str]:
    return [f"http://127.0.0.1:{one.port}" for one in origins]


def table(endpoints: object, more: str = "") -> str:
    return f"version: 1\nbackends: {{ legacy: {{ urls: {json.dumps(endpoints)}{more} }} }}\n"


def of(running: Proxy) -> LiveBackend:
    return running.live.backends.of(running.live.routing.table.legacy)


async def answers(running: Proxy, count: int) -> list[int | bytes]:
    """What ``count`` requests got: the body of a 200, else the status."""
    client = await running.connect()
    got: list[int | bytes] = []
    for _ in range(count):
        await client.send(get())
        status, _, body = await client.read_answer()
        got.append(body if status == 200 else status)
    return got


async def test_endpoints_answer_in_proportion_to_their_weights(origin: Origins, proxy: Proxies) -> None:
    heavy, light = await origin(always(ok(b"heavy"))), await origin(always(ok(b"light")))
    endpoints = [{"url": url, "weight": weight} for url, weight in zip(urls(heavy, light), (3, 1), strict=True)]
    got = await answers(await proxy(table(endpoints)), 8)
    assert Counter(got) == {b"heavy": 6, b"light": 2}


async def test_another_weight_in_a_new_table_keeps_the_connections(origin: Origins, proxy: Proxies) -> None:
    first, second = await origin(always(ok(b"1"))), await origin(always(ok(b"2")))
    running = await proxy(table(urls(first, second)))
    await answers(running, 2)
    endpoints = [{"url": url, "weight": weight} for url, weight in zip(urls(first, second), (2, 1), strict=True)]
    running.live.use(Routing(load_table(table(endpoints)), SECRET))
    assert Counter(await answers(running, 6)) == {b"1": 4, b"2": 2}
    assert len(first.connections) == len(second.connections) == 1


async def test_the_next_try_goes_to_another_endpoint_than_the_one_that_failed(proxy: Proxies) -> None:
    backend = of(await proxy(table([f"http://127.0.0.1:{port}" for port in (1, 2, 3)])))
    for failed in backend.endpoints * 3:
        assert backend.pick(failed) is not failed


@pytest.mark.promise("U14")
async def test_an_endpoint_where_requests_fail_in_a_row_is_left_alone_and_asked_again_later(
    origin: Origins, proxy: Proxies, unused_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    good = await origin(always(ok(b"good")))
    bad = f"http://127.0.0.1:{unused_port}"
    running = await proxy(table([*urls(good), bad], ", ejection: { failures: 2, base: 300ms }"))
    assert Counter(await answers(running, 4)) == {b"good": 2, 502: 2}
    assert running.count("strangler_endpoint_up", endpoint=bad) == 0
    assert running.count("strangler_endpoint_down", endpoint=bad) == 1
    assert await answers(running, 6) == [b"good"] * 6
    assert running.count("strangler_endpoint_ejections", backend="legacy", endpoint=bad, result="ejected") == 1
    await eventually(lambda: running.count("strangler_endpoint_up", endpoint=bad) == 1)
    assert Counter(await answers(running, 4)) == {b"good": 2, 502: 2}
    told = [record for record in caplog.records if record.message == "endpoint ejected"]
    assert [record.seconds for record in told] == [0.3, 0.6]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("status", "left_alone"), [(b"502", True), (b"503", True), (b"504", True), (b"500", False), (b"404", False)]
)
async def test_answers_of_a_gateway_in_trouble_count_as_failures(
    origin: Origins, proxy: Proxies, status: bytes, left_alone: bool
) -> None:
    good = await origin(always(ok(b"good")))
    bad = await origin(always(b"HTTP/1.1 " + status + b" No\r\nContent-Length: 0\r\n\r\n"))
    running = await proxy(table(urls(good, bad), ", ejection: { failures: 2 }"))
    await answers(running, 4)
    assert (await answers(running, 4)).count(b"good") == (4 if left_alone else 2)


async def test_a_good_answer_in_between_forgives_the_failures_before(origin: Origins, proxy: Proxies) -> None:
    async def every_other(connection: OriginConnection) -> None:
        for answer in (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", ok(b"bad")) * 9:
            await connection.read_head()
            await connection.send(answer)

    good, bad = await origin(always(ok(b"good"))), await origin(every_other)
    running = await proxy(table(urls(good, bad), ", ejection: { failures: 2 }"))
    await answers(running, 16)
    assert running.count("strangler_endpoint_ejections") == 0


@pytest.mark.promise("U14")
async def test_the_last_usable_endpoint_is_never_left_alone(proxy: Proxies, unused_port: int) -> None:
    running = await proxy(
        table([f"http://127.0.0.1:{unused_port}", "http://127.0.0.1:1"], ", ejection: { failures: 1 }")
    )
    assert await answers(running, 4) == [502] * 4
    assert running.count("strangler_endpoint_ejections", result="ejected") == 1
    assert running.count("strangler_endpoint_ejections", result="spared") == 3
    assert running.count("strangler_endpoint_up") == 1


async def test_observing_counts_what_would_be_done_and_does_nothing(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    good = await origin(always(ok(b"good")))
    endpoints = [*urls(good), f"http://127.0.0.1:{unused_port}"]
    running = await proxy(table(endpoints, ", ejection: { failures: 1, mode: observe }"))
    assert Counter(await answers(running, 6)) == {b"good": 3, 502: 3}
    assert running.count("strangler_endpoint_ejections", result="observed") == 1
    assert running.count("strangler_endpoint_up") == 2


async def test_a_client_that_leaves_says_nothing_about_the_endpoint(origin: Origins, proxy: Proxies) -> None:
    async def silent(connection: OriginConnection) -> None:
        await connection.read_head()
        await connection.reader.read()

    slow = [await origin(silent), await origin(silent)]
    running = await proxy(table(urls(*slow), ", ejection: { failures: 1 }"))
    client = await running.connect()
    await client.send(get())
    await eventually(lambda: slow[0].heads or slow[1].heads)
    await client.close()
    await eventually(lambda: running.access_log.lines)
    assert running.count("strangler_endpoint_ejections") == 0


async def test_a_new_table_keeps_an_ejection_under_the_same_rules_and_ends_it_under_others(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    good = await origin(always(ok(b"good")))
    endpoints = [*urls(good), f"http://127.0.0.1:{unused_port}"]
    running = await proxy(table(endpoints, ", ejection: { failures: 1 }"))
    await answers(running, 2)
    for rules, up in ((", ejection: { failures: 1 }, resolve: 7s", 1), (", ejection: { failures: 2 }", 2)):
        running.live.use(Routing(load_table(table(endpoints, rules)), SECRET))
        assert running.count("strangler_endpoint_up") == up


async def test_an_endpoint_that_left_the_table_is_neither_up_nor_down(proxy: Proxies) -> None:
    running = await proxy(table(["http://127.0.0.1:1", "http://127.0.0.1:2"]))
    running.live.use(Routing(load_table(table(["http://127.0.0.1:1"])), SECRET))
    assert running.count("strangler_endpoint_up") == 1
    assert running.count("strangler_endpoint_down") == 0


@pytest.mark.promise("U14")
async def test_an_endpoint_that_comes_back_takes_its_share_little_by_little(
    origin: Origins, proxy: Proxies, unused_port: int
) -> None:
    good = await origin(always(ok(b"good")))
    endpoints = [*urls(good), f"http://127.0.0.1:{unused_port}"]
    running = await proxy(table(endpoints, ", slow_start: 100s, ejection: { failures: 1 }"))
    await answers(running, 2)
    backend = of(running)
    ill = backend.endpoints[1]
    now = running.live.now
    ill.come_back(now, "for the test")
    shares = []
    for later in (0.0, 50.0, 101.0):
        backend.arrange(now + later)
        picked = Counter(backend.pick(None) is ill for _ in range(1000))
        shares.append(picked[True] / 1000)
    assert shares == [pytest.approx(0.09, abs=0.01), pytest.approx(0.35, abs=0.02), pytest.approx(0.5, abs=0.01)]
    assert ill.back_at is None


@interpreted
async def test_nothing_is_worked_out_anew_while_an_ejection_lasts(
    origin: Origins, proxy: Proxies, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await origin(always(ok(b"good")))
    running = await proxy(table([*urls(good), f"http://127.0.0.1:{unused_port}"], ", ejection: { failures: 1 }"))
    await answers(running, 2)
    arranged: list[float] = []
    monkeypatch.setattr(LiveBackend, "arrange", lambda _, now: arranged.append(now))
    backend, now = of(running), running.live.now
    for later in (1.0, 29.0):
        backend.tick(now + later)
    assert arranged == []
    backend.tick(now + 31.0)
    assert arranged == [now + 31.0]
