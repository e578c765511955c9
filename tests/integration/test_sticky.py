"""The same user is answered by the same side: in every worker, after a restart, and as ``explain`` says."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_faults import instance
from tests.proxy.wire import Client, Origin, always, get, ok

pytestmark = pytest.mark.heavy

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders: {{ url: "http://127.0.0.1:{orders}" }}
defaults: {{ identity: [{{ cookie: session }}, {{ header: X-User-Id }}] }}
groups:
  ordering: {{ split: {{ orders: {weight}, legacy: {rest} }} }}
routes:
  - {{ name: read, match: {{ path: "/orders/{{id}}" }}, group: ordering }}
  - {{ name: write, match: {{ path: "/orders", methods: [POST] }}, group: ordering }}
"""


async def ask(port: int, user: int, target: bytes = b"/orders/1", method: bytes = b"GET") -> bytes:
    """Each question on a connection of its own, so that the kernel deals them to all workers."""
    client = await Client.connect(port)
    try:
        await client.send(get(target, b"Cookie: a=b; session=user-%d" % user, method=method))
        return (await client.read_answer())[2]
    finally:
        await client.close()


async def sides(directory: Path, table: str, *options: str) -> list[bytes]:
    async with instance(directory, table, *options) as running:
        answers = [await ask(running.port, user) for user in range(200)]
        # Whichever worker answers, and whichever route of the group is asked.
        assert [await ask(running.port, user) for user in range(200)] == answers
        assert [await ask(running.port, user, b"/orders", b"POST") for user in range(200)] == answers
        return answers


async def test_a_user_stays_on_one_side_everywhere_and_never_leaves_it_while_its_weight_rises(tmp_path: Path) -> None:
    async with Origin(always(ok(b"legacy"))) as legacy, Origin(always(ok(b"orders"))) as orders:

        def table(weight: int) -> str:
            return TABLE.format(legacy=legacy.port, orders=orders.port, weight=weight, rest=100 - weight)

        at_30 = await sides(tmp_path, table(30), "--workers", "2")
        assert 30 < at_30.count(b"orders") < 90
        assert await sides(tmp_path, table(30), "--workers", "1") == at_30
        at_60 = await sides(tmp_path, table(60), "--workers", "2")
        assert all(now == b"orders" for before, now in zip(at_30, at_60, strict=True) if before == b"orders")
        for user in range(0, 200, 20):
            command = [sys.executable, "-m", "console", "explain", "GET", "/orders/1", "--identity", f"user-{user}"]
            command += ["--config", str(tmp_path / "routes.yaml"), "--format", "json"]
            explained = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
            assert json.loads(explained.stdout)["backend"].encode() == at_60[user]


async def test_a_user_without_identity_is_given_one_that_holds(tmp_path: Path) -> None:
    async with (
        Origin(always(ok(b"legacy"))) as legacy,
        Origin(always(ok(b"orders"))) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port, weight=50, rest=50)) as running,
    ):
        answers = set()
        for _ in range(20):
            client = await Client.connect(running.port)
            await client.send(get(b"/orders/1"))
            _, head, first = await client.read_answer()
            answers.add(first)
            (cookie,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"set-cookie:")]
            assert b"HttpOnly" in cookie
            value = cookie.split(b":", 1)[1].strip().split(b";")[0]
            for _ in range(3):
                await client.send(get(b"/orders/1", b"Cookie: " + value))
                _, head, again = await client.read_answer()
                assert (again, b"set-cookie" in head.lower()) == (first, False)
            await client.close()
        assert answers == {b"legacy", b"orders"}
