"""The backend of the faults, and its users: ordinary requests, streams and uploads. Users forgive nothing but what HTTP asks
them to: they open a new connection after ``Connection: close``, and end when nobody listens any more."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.proxy.wire import Client, OriginConnection, eventually, get, ok

BODY = b'{"total": 12.5, "items": [1, 2, 3]}'
PIECES = 10
STREAM = b"".join(b"piece %d;" % number for number in range(PIECES))
UPLOAD = bytes(range(256)) * 64

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders: {{ url: "http://127.0.0.1:{orders}" }}
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    split: {{ legacy: {legacy_weight}, orders: {orders_weight} }}
    sticky: false
    shadow: {{ sample: {sample} }}
    ready: {{ target: 99%, hours: 0 }}
"""


def table(legacy: int, orders: int, *, weights: tuple[int, int] = (100, 0), sample: str = "100%") -> str:
    return TABLE.format(legacy=legacy, orders=orders, legacy_weight=weights[0], orders_weight=weights[1], sample=sample)


async def site(connection: OriginConnection) -> None:
    """/orders/... is JSON, /stream comes in pieces over 0.3 seconds, /upload tells how much it got; an upgrade to echo is one."""
    while True:
        head = await connection.read_head()
        if head.startswith(b"GET /stream"):
            await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in range(PIECES):
                piece = b"piece %d;" % number
                await connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
                await asyncio.sleep(0.03)
            await connection.send(b"0\r\n\r\n")
        elif b"\r\nUpgrade: echo\r\n" in head:
            await connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            while data := await connection.reader.read(1000):
                await connection.send(data)
            return
        elif head.startswith(b"POST /upload"):
            length = re.search(rb"(?i)content-length: (\d+)", head)
            assert length is not None
            received = await connection.read_exactly(int(length[1]))
            await connection.send(ok(b"%d" % len(received)))
        else:
            await connection.send(ok(BODY, b"Content-Type: application/json"))


Ask = Callable[[Client], Awaitable[bytes]]
"""Sends a request; returns the body that must come."""


@dataclass
class Users:
    """``failures`` are (our port, what was wrong). ``gone`` is set once nobody listens."""

    port: int
    answered: int = 0
    orders: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)
    stopping: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def come(self, kind: Ask, count: int = 1) -> None:
        self._tasks += [asyncio.create_task(self._user(kind)) for _ in range(count)]

    async def leave(self) -> None:
        self.stopping = True
        await asyncio.gather(*self._tasks)

    async def more(self, count: int) -> None:
        """Wait for that many more answers."""
        goal = self.answered + count
        await eventually(lambda: self.answered >= goal, f"no {count} more answers; {self.failures}")

    async def _user(self, ask: Ask) -> None:
        while not self.stopping:
            try:
                client = await Client.connect(self.port)
            except ConnectionRefusedError:
                return
            except OSError as error:
                self.failures.append((0, repr(error)))
                continue
            ours = client.writer.get_extra_info("sockname")[1]
            try:
                while not self.stopping and await self._ask(client, ask):
                    pass
            except (ConnectionError, asyncio.IncompleteReadError, TimeoutError, AssertionError) as error:
                self.failures.append((ours, repr(error)))
            finally:
                await client.close()

    async def _ask(self, client: Client, ask: Ask) -> bool:
        """One request; says whether the connection may be used again. Raises for any answer but the right one."""
        expected = await ask(client)
        status, head, body = await client.read_answer()
        assert (status, body) == (200, expected), (status, body[:200])
        self.answered += 1
        self.orders += expected is BODY
        return b"\r\nConnection: close\r\n" not in head


async def order(client: Client) -> bytes:
    await client.send(get(b"/orders/1"))
    return BODY


async def single_order(client: Client) -> bytes:
    """On a connection of its own."""
    await client.send(get(b"/orders/2", b"Connection: close"))
    return BODY


async def stream(client: Client) -> bytes:
    await client.send(get(b"/stream"))
    return STREAM


async def upload(client: Client) -> bytes:
    """Slowly, so that it is under way when something happens."""
    await client.send(get(b"/upload", b"Content-Length: %d" % len(UPLOAD), method=b"POST"))
    for at in range(0, len(UPLOAD), len(UPLOAD) // 8):
        await client.send(UPLOAD[at : at + len(UPLOAD) // 8])
        await asyncio.sleep(0.02)
    return b"%d" % len(UPLOAD)


def assert_sound(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
