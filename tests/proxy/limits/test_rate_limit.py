"""Rate limits on a real live path: who is told to wait, what is counted, and what a stranger cannot do."""

from __future__ import annotations

import errno
import json
import logging
import re
import time
from pathlib import Path

import pytest

from proxy.limits.buckets import WORDS
from proxy.limits.rate_limit import NAME, shared_words
from proxy.limits.route_limit import LONGEST_REMEMBERED
from proxy.table.load import load_table
from tests.proxy.conftest import ListLog, Origins, Proxies, to_legacy
from tests.proxy.wire import Client, always, eventually, get, ok

POLICY = b'RateLimit-Policy: "orders";q=3;w=3600'


def table(port: int, limit: str = "requests: 3, per: 1h", more: str = "") -> str:
    routes = f"""\
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    backend: legacy
    rate_limit: {{ {limit} }}
defaults:
  identity: [{{ header: X-User-Id }}]
  trusted_proxies: [127.0.0.1]
"""
    return to_legacy(port, routes + more)


async def statuses(client: Client, count: int, *lines: bytes, path: bytes = b"/orders/1") -> list[int]:
    found = []
    for _ in range(count):
        await client.send(get(path, *lines))
        found.append((await client.read_answer())[0])
    return found


async def test_who_has_used_up_its_allowance_is_told_when_to_come_again_on_a_connection_that_stays(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port))
    client = await running.connect()
    assert await statuses(client, 3) == [200, 200, 200]
    await client.send(get(b"/orders/1"))
    status, head, body = await client.read_answer()
    assert status == 429
    lines = head.split(b"\r\n")
    assert POLICY in lines
    assert b"Content-Type: application/problem+json" in lines
    (seconds,) = {int(n) for n in re.findall(rb'(?:"orders";r=0;t=|Retry-After: )(\d+)\r\n', head)}
    assert 1190 < seconds <= 1200
    problem = json.loads(body)
    assert (problem["status"], problem["title"]) == (429, "Too Many Requests")
    assert problem["request_id"]
    # Elsewhere, and on the same connection, all is well.
    assert await statuses(client, 1, path=b"/else") == [200]
    assert await statuses(client, 1) == [429]
    assert len(backend.heads) == 4
    assert len(running.live.clients) == 1


async def test_an_answer_of_a_backend_carries_nothing_of_ours(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    client = await (await proxy(table(backend.port))).connect()
    await client.send(get(b"/orders/1"))
    assert b"ratelimit" not in (await client.read_answer())[1].lower()


async def test_a_request_that_is_turned_away_counts_as_seen_is_logged_and_reaches_nobody(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h"))
    client = await running.connect()
    assert await statuses(client, 3) == [200, 429, 429]
    assert len(backend.heads) == 1
    assert running.count("strangler_seen", route="orders") == 3
    assert running.count("strangler_skipped", route="orders", reason="rate_limited") == 2
    assert running.count("strangler_rate_limited", route="orders", mode="enforce") == 2
    assert running.count("strangler_refused", reason="rate_limited") == 2
    assert running.count("strangler_requests", route="orders", backend="(none)", status_class="4xx") == 2
    assert running.count("strangler_in_flight") == 0
    assert isinstance(running.access_log, ListLog)
    logged = running.access_log.lines[-1]
    assert logged[:4] == ("orders", "(none)", "rate_limited", "rate_limited")
    assert logged[6] == 429


async def test_a_body_that_is_still_to_come_ends_the_connection(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h"))
    assert await statuses(await running.connect(), 1) == [200]
    client = await running.connect()
    await client.send(b"POST /orders/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegin")
    answer = await client.read_to_end()
    assert answer.startswith(b"HTTP/1.1 429 ")
    assert b"\r\nConnection: close\r\n" in answer
    whole = await running.connect()
    await whole.send(b"POST /orders/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nwhole" + get(b"/else"))
    assert (await whole.read_answer())[0] == 429
    assert (await whole.read_answer())[0] == 200


@pytest.mark.promise("C8")
async def test_a_thousand_pipelined_requests_that_are_turned_away_are_all_answered_in_order(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h"))
    client = await running.connect()
    await client.send(b"".join(get(b"/orders/%d" % n) for n in range(1000)) + get(b"/else"))
    answers = [(await client.read_answer())[0] for _ in range(1001)]
    assert answers == [200, *[429] * 999, 200]


async def test_a_client_that_leaves_before_it_is_told_leaves_nothing_behind(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h"))
    await statuses(await running.connect(), 1)
    for _ in range(20):
        client = await running.connect()
        client.writer.write(get(b"/orders/1"))
        client.writer.transport.abort()
    await eventually(lambda: len(running.live.clients) <= 1)
    await eventually(lambda: running.count("strangler_in_flight") == 0)


async def test_observation_counts_and_lets_everybody_through(
    origin: Origins, proxy: Proxies, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "proxy.limits.rate_limit")
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h, mode: observe"))
    assert await statuses(await running.connect(), 3) == [200] * 3
    assert running.count("strangler_rate_limited", route="orders", mode="observe") == 2
    assert running.count("strangler_refused") == 0
    events = [vars(record) for record in caplog.records if record.message == "rate limited"]
    assert [(event["route"], event["mode"], event["client"]) for event in events] == [
        ("orders", "observe", "127.0.0.1")
    ] * 2


@pytest.mark.parametrize("by", ["address", "identity"])
async def test_who_shares_an_allowance(origin: Origins, proxy: Proxies, by: str) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, f"requests: 2, per: 1h, by: {by}"))
    client = await running.connect()
    kim, lee = b"X-User-Id: kim", b"X-User-Id: lee"
    home, away = b"X-Forwarded-For: 192.0.2.1", b"X-Forwarded-For: 192.0.2.2"
    assert await statuses(client, 3, kim, home) == [200, 200, 429]
    if by == "address":
        assert await statuses(client, 1, lee, home) == [429]
        assert await statuses(client, 1, kim, away) == [200]
    else:
        assert await statuses(client, 1, lee, home) == [200]
        assert await statuses(client, 1, kim, away) == [429]
        # Without an identity the address counts, and a header cannot pass for it.
        assert await statuses(client, 3, home) == [200, 200, 429]
        assert await statuses(client, 1, b"X-User-Id: 192.0.2.1", home) == [200]


@pytest.mark.promise("C11")
async def test_a_stranger_cannot_choose_its_address(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h"))
    client = await running.connect()
    # What the trusted proxy saw stands last; what stands before it, the client wrote.
    forged = [b"X-Forwarded-For: 198.51.100.%d, 192.0.2.7" % n for n in range(3)]
    assert [(await statuses(client, 1, line))[0] for line in forged] == [200, 429, 429]


async def test_an_untrusted_peers_word_on_addresses_counts_for_nothing(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h").replace("[127.0.0.1]", "[10.0.0.0/8]"))
    client = await running.connect()
    assert [(await statuses(client, 1, b"X-Forwarded-For: 192.0.2.%d" % n))[0] for n in range(3)] == [200, 429, 429]


async def test_addresses_of_version_6_count_by_their_customer(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h"))
    client = await running.connect()
    answers = [(await statuses(client, 1, b"X-Forwarded-For: 2001:db8:1:2::%x" % n))[0] for n in (1, 2, 0xFFFF)]
    assert answers == [200, 429, 429]
    assert await statuses(client, 1, b"X-Forwarded-For: 2001:db8:1:3::1") == [200]


async def test_a_burst_is_what_may_come_at_once(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1000, per: 1h, burst: 2"))
    assert await statuses(await running.connect(), 4) == [200, 200, 429, 429]


async def test_two_workers_share_what_a_client_may_do(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    workers = [await proxy(table(backend.port, "requests: 4, per: 1h")) for _ in range(2)]
    clients = [await worker.connect() for worker in workers]
    answers = [(await statuses(clients[n % 2], 1))[0] for n in range(8)]
    assert answers == [200] * 4 + [429] * 4


async def test_a_new_table_keeps_what_was_used_and_may_bring_limits_or_take_them_away(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port))
    client = await running.connect()
    assert await statuses(client, 4) == [200, 200, 200, 429]

    def use(text: str) -> None:
        running.live.use(type(running.live.routing)(load_table(text), b"0123456789abcdef0123456789abcdef"))

    use(table(backend.port, "requests: 4, per: 2h"))
    assert await statuses(client, 3) == [200, 200, 429]  # an hour's worth was used, of two
    use(to_legacy(backend.port))
    assert await statuses(client, 2) == [200, 200]
    use(table(backend.port))
    assert await statuses(client, 1) == [429]


async def test_a_table_without_limits_makes_no_file(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port))
    assert await statuses(await running.connect(), 1) == [200]
    assert not (running.run_dir / NAME).exists()


@pytest.mark.promise("B144")
async def test_clients_that_never_come_twice_do_not_grow_memory_and_are_counted_when_forgotten(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 1, per: 1h, by: identity"))
    live = running.live
    limit, buckets = live.routing.rate_limits["orders"], live.rate_limits._buckets
    assert buckets is not None
    for number in range(100_000):
        buckets.take(limit.region, limit.number_of(b"identity %d" % number), limit.allowance, time.monotonic_ns())
    assert (running.run_dir / NAME).stat().st_size == 8 * WORDS
    await eventually(lambda: running.count("strangler_rate_forgotten") > 100_000 - 2 * WORDS // 16)
    assert await statuses(await running.connect(), 2, b"X-User-Id: kim") == [200, 429]


@pytest.mark.promise("B144")
async def test_numbers_of_clients_are_remembered_within_bounds(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.limits.route_limit.REMEMBERED", 5)
    backend = await origin(always(ok()))
    running = await proxy(table(backend.port, "requests: 2, per: 1h, by: identity"))
    numbers = running.live.routing.rate_limits["orders"].numbers
    client = await running.connect()
    for _ in range(2):
        for name in (*(b"user-%d" % n for n in range(12)), b"long" * LONGEST_REMEMBERED):
            assert await statuses(client, 1, b"X-User-Id: " + name) == [200]
            assert 0 < len(numbers) <= 5
    assert all(len(name) <= LONGEST_REMEMBERED for name in numbers)
    # What is remembered is where a client is found, not what it has used.
    assert await statuses(client, 1, b"X-User-Id: user-0") == [429]
    assert await statuses(client, 1, b"X-User-Id: " + b"long" * LONGEST_REMEMBERED) == [429]


async def test_a_peer_that_a_new_table_no_longer_trusts_counts_as_itself(origin: Origins, proxy: Proxies) -> None:
    backend = await origin(always(ok()))
    text = table(backend.port, "requests: 1, per: 1h")
    running = await proxy(text)
    away = b"X-Forwarded-For: 192.0.2.1"
    assert await statuses(await running.connect(), 2, away) == [200, 429]
    untrusting = load_table(text.replace("[127.0.0.1]", "[10.0.0.0/8]"))
    running.live.use(type(running.live.routing)(untrusting, b"0123456789abcdef0123456789abcdef"))
    assert await statuses(await running.connect(), 2, away) == [200, 429]


async def test_who_is_given_an_identity_counts_by_its_address_until_it_brings_it(
    origin: Origins, proxy: Proxies
) -> None:
    backend = await origin(always(ok()))
    text = table(backend.port, "requests: 1, per: 1h, by: identity").replace(
        "    backend: legacy\n    rate", "    split: { legacy: 50, orders-new: 50 }\n    sticky: true\n    rate"
    )
    text = text.replace("routes:\n", f"  orders-new: {{ url: 'http://127.0.0.1:{backend.port}' }}\nroutes:\n")
    client = await (await proxy(text)).connect()
    await client.send(get(b"/orders/1"))
    status, head, _ = await client.read_answer()
    given = re.search(rb"Set-Cookie: ([^;]+);", head)
    assert status == 200
    assert given is not None
    assert await statuses(client, 1) == [429]
    assert await statuses(client, 2, b"Cookie: " + given[1]) == [200, 429]


def test_without_room_for_shared_memory_each_worker_counts_alone_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    words = shared_words(tmp_path)
    assert len(words) == WORDS
    assert "rate limits count in each worker alone" in caplog.text


def test_workers_map_the_same_memory(tmp_path: Path) -> None:
    one, other = shared_words(tmp_path), shared_words(tmp_path)
    one[WORDS - 1] = 4711
    assert other[WORDS - 1] == 4711
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
