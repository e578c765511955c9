"""The installation's key: an instance goes on with the one that it started with, whatever becomes of the file."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from shadow.store import SqliteStore
from shadow.store.read_kept import Wanted
from tests.integration.instance import Instance
from tests.integration.test_faults import instance, until, until_shadowing
from tests.proxy.wire import Client, Origin, always, get, ok

pytestmark = pytest.mark.heavy

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders: {{ url: "http://127.0.0.1:{orders}" }}
routes:
  - {{ name: orders, match: {{ path: "/orders/**" }}, split: {{ legacy: 50, orders: 50 }}, shadow: {{ sample: 100% }} }}
"""
TOKEN = b"Authorization: Bearer hunter2hunter2hunter2"


def lost(key: Path) -> None:
    key.unlink()


def rotated(key: Path) -> None:
    key.write_text(secrets.token_hex(32))


def cut(key: Path) -> None:
    key.write_bytes(b"")


async def answer(port: int, *fields: bytes) -> tuple[bytes, bytes]:
    """Our cookie, if one is set, and the body."""
    client = await Client.connect(port)
    try:
        await client.send(get(b"/orders/1", *fields))
        status, head, body = await client.read_answer()
        assert status == 200
        cookies = [line for line in head.split(b"\r\n") if line.lower().startswith(b"set-cookie:")]
        return (cookies[0].split(b":", 1)[1].strip().split(b";")[0] if cookies else b""), body
    finally:
        await client.close()


def hidden(running: Instance) -> list[str]:
    """What the token became in each kept pair."""
    kept = SqliteStore(running.directory / "strangler.db").kept(Wanted())
    fields = [field for pair in kept if pair.request is not None for field in pair.request.headers]
    return [value for name, value in fields if name == "Authorization"]


@pytest.mark.parametrize("fault", [lost, rotated, cut])
async def test_processes_that_start_later_have_the_key_that_the_instance_began_with(
    tmp_path: Path, fault: Callable[[Path], None]
) -> None:
    async with (
        Origin(always(ok(b"legacy"))) as legacy,
        Origin(always(ok(b"orders"))) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port), "--workers", "2") as running,
    ):
        cookie, side = await answer(running.port, TOKEN)
        assert cookie
        await until(lambda: len(hidden(running)) == 1, "nothing was kept")
        before = {role: running.pids(role) for role in ("proxy", "shadow")}
        fault(tmp_path / "strangler.key")
        for pid in (*before["proxy"], *before["shadow"]):
            os.kill(pid, signal.SIGKILL)
        await until(
            lambda: all(
                process["ready"] and process["pid"] not in before.get(process["role"], ())
                for process in running.status()["processes"]
            ),
            lambda: f"not all were started again:\n{running.log}",
        )
        await until_shadowing(running)
        for _ in range(10):
            assert await answer(running.port, TOKEN, b"Cookie: " + cookie) == (b"", side)
        await until(lambda: len(hidden(running)) >= 5, "nothing is kept any more")
        assert len(set(hidden(running))) == 1
        assert "hunter2" not in hidden(running)[0]
