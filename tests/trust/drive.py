"""Sends real requests to both services, makes pairs of them as the shadow worker does, and holds each against the truth."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import yaml

from bench.scene import free_port
from proxy.model.exchange import Exchange
from proxy.model.plan import Plan, plans_of
from proxy.table.load import load_table
from shadow.asking import Asker
from shadow.jar import Jars
from shadow.keep import Keeping
from shadow.lag import Lag
from shadow.model import Outcome
from shadow.pairing import Pairing
from shadow.redact import Redactor
from shadow.replay import NotCompared, Replayer
from shadow.store.batch import Batch
from shadow.store.records import Recorded
from shadow.store.sqlite import SqliteStore
from tests.trust.bugs import Bug, bug_of
from tests.trust.endpoints import ENDPOINTS

TABLE: Final = Path(__file__).parent / "routes.yaml"
AT_ONCE: Final = 8
FOUND: Final = frozenset({Outcome.MISMATCH, Outcome.CANDIDATE_ERROR, Outcome.CANDIDATE_TIMEOUT})


@dataclass(slots=True)
class RouteTruth:
    """``sound`` pairs met no bug: how often each outcome; ``alarms`` are the signatures of those that were called mismatches."""

    sound: Counter[str] = field(default_factory=Counter)
    alarms: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(slots=True)
class BugTruth:
    """What became of the pairs that met one bug: how many, found, and found in the right signature."""

    pairs: int = 0
    found: int = 0
    named: int = 0
    told: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(slots=True)
class Truth:
    """Everything said about all pairs, held against what is so."""

    routes: dict[str, RouteTruth] = field(default_factory=lambda: {name: RouteTruth() for name in ENDPOINTS})
    bugs: dict[str, BugTruth] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, route: str, bug: Bug | None, said: Recorded | NotCompared) -> None:
        if isinstance(said, NotCompared):
            self.lost[f"{route}: {said.skip}: {said.detail}"] += 1
            return
        told = {(signature.path, signature.kind) for signature in said.signatures}
        if bug is None:
            truth = self.routes[route]
            truth.sound[said.outcome.value] += 1
            if said.outcome in FOUND:
                truth.alarms.update(told)
            return
        met = self.bugs.setdefault(bug.name, BugTruth())
        met.pairs += 1
        met.found += said.outcome in FOUND
        met.named += bug.signature in told
        met.told.update(told or {(said.outcome.value, "")})

    @property
    def sound(self) -> int:
        return sum(sum(route.sound.values()) for route in self.routes.values())

    @property
    def false_alarms(self) -> int:
        return sum(route.sound[outcome.value] for route in self.routes.values() for outcome in FOUND)

    @property
    def pairs(self) -> int:
        return self.sound + sum(bug.pairs for bug in self.bugs.values())


async def drive(pairs: int, table: str, *, store: SqliteStore | None = None, seed: int = 1) -> Truth:
    """Make ``pairs`` pairs under the rules of ``table``, in turn from all endpoints; keep them in ``store`` if there is one."""
    truth = Truth()
    recorded: list[Recorded] = []
    started = time.monotonic()
    async with (
        _services(table) as (legacy, plans),
        Replayer.open() as replayer,
        aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as client,
    ):
        with ThreadPoolExecutor(1) as large:
            keeping = Keeping(random.Random(seed).random)
            pairing = Pairing(
                Asker(replayer, Jars(b"j" * 32, lambda: None)), Redactor(b"s" * 32), keeping, large, Lag()
            )
            asked = ((route, n) for n in range(pairs // len(ENDPOINTS)) for route in ENDPOINTS)

            async def work() -> None:
                for route, number in asked:
                    exchange = await _exchange(client, legacy, route, number)
                    said = await pairing.pair(exchange, plans[route])
                    truth.add(route, bug_of(route, number), said)
                    if isinstance(said, Recorded):
                        recorded.append(said)

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    truth.seconds = time.monotonic() - started
    if store is not None:
        with closing(store.writer()) as writer:
            writer.write(Batch(plans=plans, plans_at=time.time(), pairs=recorded))
    return truth


@asynccontextmanager
async def _services(text: str) -> AsyncIterator[tuple[str, dict[str, Plan]]]:
    """The URL of legacy, and the plans of the table."""
    ports = free_port(), free_port()
    command = [sys.executable, "-m", "tests.trust.service", *map(str, ports)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220 - nothing runs yet
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        names = dict(zip(("LEGACY_PORT", "NEW_PORT"), map(str, ports), strict=True))
        table = load_table(text, environ=names)
        try:
            yield f"http://127.0.0.1:{ports[0]}", plans_of(table)
        finally:
            process.stdin.close()
            process.wait()


async def _exchange(client: aiohttp.ClientSession, legacy: str, route: str, number: int) -> Exchange:
    """What the live path would have captured."""
    target = f"/{route}/{number}"
    started = time.perf_counter()
    async with client.get(legacy + target, allow_redirects=False) as response:
        first_byte = time.perf_counter() - started
        body = await response.read()
    head = b"".join(b"%s: %s\r\n" % field for field in response.raw_headers)
    return Exchange(
        id=f"{route}-{number}",
        identity="",
        route=route,
        table_version=1,
        primary="legacy",
        shadow="new",
        started_at=time.time(),
        first_byte=first_byte,
        total=time.perf_counter() - started,
        request_head=f"GET {target} HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n".encode(),
        request_body=b"",
        answer_head=b"HTTP/1.1 %d OK\r\n%s\r\n" % (response.status, head),
        answer_body=body,
    )


def without_rules(table: str) -> str:
    """The same table as it is on the first day."""
    read = yaml.safe_load(table)
    for route in read["routes"]:
        route.pop("compare", None)
    return yaml.safe_dump(read)


def compare_rules(table: str) -> dict[str, dict[str, Any]]:
    """By route: what a person wrote, without the words for people."""
    rules = {route["name"]: route.get("compare", {}) for route in yaml.safe_load(table)["routes"]}
    for route in rules.values():
        for entry in (*route.get("ignore", []), *route.get("normalise", [])):
            entry.pop("reason", None)
    return {name: route for name, route in rules.items() if route}
