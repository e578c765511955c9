"""Several shadow workers: what is counted is what one would have counted, and each can only lose its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.instance import Instance
from tests.integration.load import Load
from tests.integration.test_faults import ANSWER, BODY, TABLE, instance, until
from tests.proxy.wire import Client, Origin, OriginConnection, always, ok

pytestmark = pytest.mark.heavy

JSON = b"Content-Type: application/json"
PATIENT = TABLE.replace("timeout: 500ms", "timeout: 30s")
"""Nobody hangs here; a backend that runs in this process may be late while others keep the machine busy."""

SHOP = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  shop: {{ url: "http://127.0.0.1:{shop}" }}
defaults: {{ identity: [{{ cookie: session }}] }}
routes:
  - name: orders
    match: {{ path: "/orders/{{id}}" }}
    split: {{ legacy: 100, shop: 0 }}
    shadow: {{ sample: 100%, repeat: 0% }}
  - name: login
    match: {{ path: /login }}
    split: {{ legacy: 100, shop: 0 }}
    shadow: {{ sample: 100%, repeat: 0%, cookies: jar, unsafe: "a second login harms nobody" }}
    compare: {{ headers: [content-type] }}
  - name: account
    match: {{ path: /account }}
    split: {{ legacy: 100, shop: 0 }}
    shadow: {{ sample: 100%, repeat: 0%, cookies: jar }}
"""
USERS = 24
MINUTE = 60
ROOM = 25
"""Seconds that the traffic may take at most: what repeats counts by the minute."""


def shop(cookie: bytes, *, new: bool) -> Callable[[OriginConnection], Awaitable[None]]:
    """Orders, of which the new one has every fifth wrong; and a login after which ``cookie`` tells who it is: another one on either side."""

    async def serve(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            path = head.split(b" ", 2)[1]
            if path.startswith(b"/orders/"):
                number = int(path.removeprefix(b"/orders/"))
                wrong = new and number % 5 == 0
                await connection.send(ok(b'{"id": %d, "total": %s}' % (number, b'"9"' if wrong else b"9"), JSON))
            elif path.startswith(b"/login"):
                user = path.partition(b"?user=")[2]
                await connection.send(ok(b'{"in": true}', JSON, b"Set-Cookie: %s=%s-%s" % (cookie, cookie, user)))
            elif known := re.search(rb"[ ;]%s=%s-(\w+)" % (cookie, cookie), head):
                await connection.send(ok(b'{"user": "%s"}' % known[1], JSON))
            else:
                await connection.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    return serve


async def visit(port: int, number: int) -> int:
    """One user: looks at orders, some of them twice, and logs in; the session has another name then. Returns how many requests that were."""
    user = b"user%d" % number
    before, after = b"Cookie: session=before-%s" % user, b"Cookie: session=session-%s" % user
    asked = [
        (b"GET", b"/orders/%d" % (number + step // 2), before if number % 3 else b"X-No: one") for step in range(8)
    ]
    asked += [(b"POST", b"/login?user=" + user, before), *[(b"GET", b"/account", after)] * 3]
    asked += [(b"GET", b"/orders/%d" % step, after) for step in range(6)]
    client = await Client.connect(port)
    for method, target, line in asked:
        await client.send(b"%s %s HTTP/1.1\r\nHost: shop\r\n%s\r\nContent-Length: 0\r\n\r\n" % (method, target, line))
        status, _, body = await client.read_answer()
        assert status == 200, (target, status, body)
    await client.close()
    return len(asked)


def counted(store: Path) -> dict[str, Any]:
    """Every sum in the store but latencies, which are never twice the same."""
    tables = {
        "counts": "SELECT epoch.route, count.name, sum(n) FROM count JOIN epoch ON epoch.id = count.epoch GROUP BY 1, 2",
        "signatures": "SELECT id, sum(n) FROM signature_count GROUP BY 1",
        "shapes": "SELECT epoch.route, method, parameters, status, signed_in, sum(n) FROM shape JOIN epoch ON epoch.id = epoch"
        " GROUP BY 1, 2, 3, 4, 5",
        "places": "SELECT epoch.route, place, kind, sum(differed), sum(drifted) FROM place JOIN epoch ON epoch.id = epoch GROUP BY 1, 2, 3",
        "epochs": "SELECT route, count(*) FROM epoch WHERE EXISTS (SELECT 1 FROM count WHERE epoch = epoch.id) GROUP BY 1",
    }
    with closing(sqlite3.connect(store)) as connection:
        return {name: sorted(connection.execute(query).fetchall()) for name, query in tables.items()}


async def recorded(directory: Path, workers: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the same traffic leaves in the store after the end, and what the status said of each shadow worker just before."""
    await asyncio.to_thread(directory.mkdir)
    await until(lambda: time.time() % MINUTE < MINUTE - ROOM, "no new minute began", MINUTE)
    async with (
        Origin(shop(b"session", new=False)) as legacy,
        Origin(shop(b"sid", new=True)) as new,
        instance(
            directory,
            SHOP.format(legacy=legacy.port, shop=new.port),
            *("--workers", "2", "--shadow-workers", str(workers)),
        ) as running,
    ):
        asked = sum(await asyncio.gather(*(visit(running.port, number) for number in range(USERS))))
        assert time.time() % MINUTE > 1.0, "the minute ended meanwhile"
        await until(
            lambda: running.status()["tap"]["done"] == asked, lambda: f"not all done: {running.status()['tap']}"
        )
        status = await asyncio.to_thread(running.status)
    return counted(directory / "strangler.db"), status["tap"]["workers"]


async def test_three_shadow_workers_count_what_one_counts(tmp_path: Path) -> None:
    alone, (only,) = await recorded(tmp_path / "1", 1)
    together, several = await recorded(tmp_path / "3", 3)
    assert together == alone
    counts = {(route, name): n for route, name, n in alone["counts"]}
    assert counts["account", "outcome:match"] == 3 * USERS, "sessions were lost"
    assert counts["orders", "outcome:mismatch"] > 0
    assert counts["orders", "repeat:clean"] > 0
    assert counts["orders", "repeat:wrong"] > 0
    assert [worker["worker"] for worker in several] == [0, 1, 2]
    assert all(worker["done"] for worker in several), "somebody had nothing to do"
    assert sum(worker["done"] for worker in several) == only["done"]
    assert all(worker["dropped"] == {} for worker in several)


async def test_a_killed_shadow_worker_loses_its_own_and_nothing_of_the_others(tmp_path: Path) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, PATIENT.format(legacy=legacy.port, orders=orders.port), "--shadow-workers", "3") as running,
    ):

        def workers() -> list[dict[str, Any]]:
            return list(running.status()["tap"]["workers"])

        async with Load(running.port, [b"/orders/1", b"/orders/2"], BODY) as load:
            await load.more(300)
            before = await asyncio.to_thread(running.pids, "shadow")
            os.kill(before[1], signal.SIGKILL)
            await until(lambda: workers()[1]["dropped"], "nothing was lost")
            await until(lambda: None not in (pids := running.pids("shadow")) and pids != before, "it did not come back")
            done = (await asyncio.to_thread(workers))[1]["done"]
            await load.more(300)
            await until(lambda: workers()[1]["done"] > done, "it gets nothing any more")
        assert load.failures == []
        after = await asyncio.to_thread(running.pids, "shadow")
        assert [pid for pid in after if pid in before] == [before[0], before[2]]
        assert set(workers()[1]["dropped"]) <= {"shadow_lost", "tap_down"}
        assert [workers()[other]["dropped"] for other in (0, 2)] == [{}, {}]

        def accounted() -> bool:
            """Some of what the dead worker took with it was recorded: never too few."""
            route = running.report()["orders"]
            done = sum(route["outcomes"].values()) + sum(route["skipped"].values())
            return bool(route["seen"] == load.answered <= done)

        await until(accounted, "captures were lost without a count")


async def test_the_end_of_an_instance_waits_for_all_of_them(tmp_path: Path) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(always(ANSWER)) as orders,
        instance(tmp_path, PATIENT.format(legacy=legacy.port, orders=orders.port), "--shadow-workers", "3") as running,
    ):
        async with Load(running.port, [b"/orders/1", b"/orders/2"], BODY) as load:
            await load.more(400)
        ended = await asyncio.to_thread(running.end)
    assert ended == 0
    sums = {name: n for _, name, n in counted(tmp_path / "strangler.db")["counts"]}
    assert sums["seen"] == sums["copied"] == sums["outcome:match"] == load.answered
    assert not [name for name in sums if name.startswith("skipped:")]


async def test_a_table_reaches_all_of_them(tmp_path: Path) -> None:
    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(always(ANSWER)) as orders,
        Origin(always(ok(b"{}", JSON))) as other,
        instance(tmp_path, PATIENT.format(legacy=legacy.port, orders=orders.port), "--shadow-workers", "3") as running,
    ):
        await in_force(running, tmp_path, PATIENT.format(legacy=legacy.port, orders=other.port))
        async with Load(running.port, [b"/orders/1", b"/orders/2"], BODY) as load:
            await load.more(200)
        await until(
            lambda: running.report()["orders"]["outcomes"]["mismatch"] == load.answered, "some went to the old backend"
        )
        assert all(worker["done"] for worker in running.status()["tap"]["workers"])


async def in_force(running: Instance, directory: Path, text: str) -> None:
    (directory / "routes.yaml").write_text(text)
    running.process.send_signal(signal.SIGHUP)
    await until(
        lambda: all(one["table_version"] == 2 for one in running.status()["processes"] if one["role"] == "proxy"),
        "the table did not change",
    )
