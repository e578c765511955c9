"""Somebody asks at night to be forgotten: a whole instance runs on while what it recorded of one user goes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_faults import instance, until
from tests.proxy.wire import Client, Origin, OriginConnection, ok

pytestmark = pytest.mark.heavy

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders: {{ url: "http://127.0.0.1:{orders}" }}
defaults:
  identity: [{{ cookie: session }}]
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    split: {{ legacy: 100, orders: 0 }}
    shadow: {{ sample: 100% }}
    ready: {{ target: 99%, hours: 0 }}
"""


def greeting(name: bytes) -> Any:
    """A backend that calls its users by their names, in its own way."""

    async def answer(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            user = head.partition(b"session=")[2].partition(b"\r\n")[0]
            await connection.send(
                ok(b'{"hello": "' + name + b" of " + user[::-1] + b'"}', b"Content-Type: application/json")
            )

    return answer


def on_disk(directory: Path) -> bytes:
    found = [one for path in directory.glob("strangler.db*") for one in (path, *path.glob("*")) if one.is_file()]
    return b"".join(file.read_bytes() for file in found)


async def ask(port: int, session: bytes) -> None:
    client = await Client.connect(port)
    await client.send(b"GET /orders/1 HTTP/1.1\r\nHost: shop\r\nCookie: session=" + session + b"\r\n\r\n")
    assert (await client.read_answer())[0] == 200
    await client.close()


async def test_what_is_recorded_of_one_user_goes_while_the_instance_runs(tmp_path: Path) -> None:
    async with (
        Origin(greeting(b"old")) as legacy,
        Origin(greeting(b"new")) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port), "--workers", "1") as running,
    ):

        def compared() -> int:
            return int(running.report()["orders"]["compared"])

        def strangler(*words: str) -> str:
            command = [sys.executable, "-m", "console", *words, "--store", running.store]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout

        for _ in range(5):
            for session in (b"anna-5f2c91", b"bert-77a0e4"):
                await ask(running.port, session)
        await until(lambda: compared() == 10, "not all is compared", 30)
        before = on_disk(tmp_path)
        assert b"old of 19c2f5-anna" in before
        assert b"anna-5f2c91" not in before, "identities are never kept"

        key = str(tmp_path / "strangler.key")
        words = ("purge", "--identity", "anna-5f2c91", "--secret", key, "--yes", "--format", "json")
        document = json.loads(await asyncio.to_thread(strangler, *words))
        assert (document["pairs"], document["gone_from_disk"]) == (5, True)

        after = on_disk(tmp_path)
        assert b"19c2f5-anna" not in after
        assert b"old of 4e0a77-treb" in after
        assert await asyncio.to_thread(compared) == 10, "counts stay"
        await ask(running.port, b"carl-0b1d33")
        await until(lambda: compared() == 11, "it records no more", 30)
        assert b"old of 33d1b0-lrac" in on_disk(tmp_path)
        assert running.log.count("store refuses") == 0
