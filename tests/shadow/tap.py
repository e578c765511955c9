"""The proxy worker's end of the tap, and the nouns that go over it, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proxy.model.exchange import Exchange
from proxy.model.frames import FrameReader, Kind, decode_done, encode, encode_exchange
from proxy.model.plan import Plan, encode_plans
from proxy.model.table import CompareRules, ReadyRule
from shadow.model import RouteSummary
from shadow.store import NoStore, SqliteStore

_NUMBERS = itertools.count(1)

DEADLINE = 10.0


def plan_for(legacy: str, new: str, *, route: str = "orders", **changes: Any) -> Plan:
    """A plan with the control at ``legacy`` and the candidate at ``new``: base URLs."""
    fields: dict[str, Any] = {
        "route": route,
        "stage": "shadow",
        "control": "legacy",
        "candidate": "new",
        "table_version": 1,
        "rules": "r1",
        "compare": CompareRules(),
        "ready": ReadyRule(),
        "timeout": 5.0,
        "urls": {"legacy": (legacy,), "new": (new,)},
    }
    return Plan(**(fields | changes))


def exchange_of(
    answer: bytes = b'{"a": 1}',
    *,
    method: str = "GET",
    target: str = "/orders/7",
    headers: tuple[tuple[str, str], ...] = (("Host", "shop.example"), ("Accept", "*/*")),
    body: bytes = b"",
    status: int = 200,
    answer_headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    **changes: Any,
) -> Exchange:
    fields: dict[str, Any] = {
        "id": f"request-{next(_NUMBERS)}",
        "identity": "",
        "route": "orders",
        "table_version": 1,
        "primary": "legacy",
        "shadow": "new",
        "started_at": time.time(),
        "first_byte": 0.010,
        "total": 0.012,
        "request_head": _head(f"{method} {target} HTTP/1.1", headers),
        "request_body": body,
        "answer_head": _head(f"HTTP/1.1 {status} OK", answer_headers),
        "answer_body": answer,
    }
    return Exchange(**(fields | changes))


def _head(line: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{line}\r\n{fields}\r\n".encode()


class TapClient:
    """A proxy worker's connection. ``done`` is the last receipt."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader()
        self.sent = 0
        self.done = 0

    @classmethod
    async def connect(cls, path: Path) -> TapClient:
        return cls(*await asyncio.open_unix_connection(str(path)))

    def plans(self, *plans: Plan) -> None:
        self.write(encode(Kind.PLANS, encode_plans({plan.route: plan for plan in plans})))

    def exchange(self, exchange: Exchange) -> None:
        self.write(encode_exchange(exchange))
        self.sent += 1

    def counts(self, counts: dict[str, dict[str, int]], source: str = "proxy-0-1") -> None:
        self.write(encode(Kind.COUNTS, json.dumps({"source": source, "counts": counts}).encode()))

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def receipts(self, count: int | None = None, seconds: float = DEADLINE) -> None:
        """Wait until ``count`` exchanges (all that were sent, if not given) are dealt with."""
        async with asyncio.timeout(seconds):
            while self.done < (self.sent if count is None else count):
                data = await self._reader.read(65536)
                assert data, "the shadow closed the connection"
                for kind, payload in self._frames.feed(data):
                    assert kind is Kind.DONE
                    self.done = decode_done(payload)

    async def ended(self) -> bytes:
        """Whatever still comes until the other side closes."""
        async with asyncio.timeout(DEADLINE):
            try:
                return await self._reader.read()
            except ConnectionError:
                return b""

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


def summaries(store: SqliteStore) -> list[RouteSummary]:
    """What the store knows, nothing as long as there is none."""
    try:
        return store.summaries()
    except NoStore:
        return []


async def until(condition: Callable[[], Any], seconds: float = DEADLINE) -> Any:
    """Wait until ``condition`` returns something true, and return it."""
    async with asyncio.timeout(seconds):
        while not (value := condition()):  # noqa: ASYNC110 - the condition may be a file's contents
            await asyncio.sleep(0.01)
        return value
