"""``python -m bench.shadow``: pairs per CPU-second of the shadow worker, end to end: received, replayed, compared, recorded.

It is started as the supervisor starts it, gets exchanges over the real tap, asks a real candidate (nginx with constants), and writes a
real store. It is charged for its CPU time alone, user and system, all threads; the other side of the tap and the backends run on the other
core. Where a field differs the control is asked once more, so such a pair costs two replays.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import uvloop

from bench import documents, processes
from bench.compare import pairs
from bench.programs import program, require
from bench.scene import free_port
from bench.yardstick import Speed
from proxy.model.control import ControlChannel
from proxy.model.counters import Counters
from proxy.model.exchange import Exchange
from proxy.model.plan import encode_plans, plans_of
from proxy.model.settings import Settings
from proxy.supervise.child import Child, Role, default_roles, environment_of_children
from proxy.table.load import load_table
from proxy.tally import Meters
from proxy.taps import Taps
from shadow.store import open_store

SIZES: Final = {"1 KB": 3, "10 KB": 30}
"""Orders in the answer."""
SAME: Final = "same bytes"
DIFFERENT: Final = "one field different"
LEFT_OUT: Final = ("1 KB", "equal, other key order")
"""It lies between its neighbours."""
BARS: Final = {("10 KB", "equal, other key order"): 700, ("10 KB", DIFFERENT): 400}
"""Pairs per CPU-second that we must reach at the reference speed (``bench.yardstick``): no other program does the same."""

SHADOW_CORE, OTHER_CORE = 0, 1
UNDER_WAY: Final = 256
"""Exchanges handed over and not dealt with, at most: more than are replayed at a time, so that the worker never waits for us."""
WARM_UP: Final = 2500
WARM_UP_DIFFERING: Final = 500
"""Until then the pairs are recorded that a route keeps to look at in a day: one that is kept costs many times what others do. Of those that
differ they are the first, of the others one in a hundred."""
USERS: Final = 97

_NGINX: Final = """\
{user}worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    default_type application/json;
    add_header Cache-Control "no-store";
    server {{ listen 127.0.0.1:{legacy}; location / {{ root {directory}/legacy; try_files /answer.json =500; }} }}
    server {{ listen 127.0.0.1:{candidate}; location / {{ root {directory}/candidate; try_files /answer.json =500; }} }}
}}
"""
_TABLE: Final = """\
version: 1
backends:
  legacy: {{ url: 'http://127.0.0.1:{legacy}' }}
  orders: {{ url: 'http://127.0.0.1:{candidate}' }}
defaults: {{ identity: [{{ cookie: session }}] }}
routes:
  - name: order-read
    match: {{ path: '/orders/{{id}}' }}
    backend: legacy
    shadow: {{ sample: 100%, candidate: orders }}
"""
_REQUEST_HEAD: Final = (
    "GET /orders/{number}?page=3 HTTP/1.1\r\nHost: shop.example\r\nAccept: application/json\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: identity\r\n"
    "Cookie: session={session}\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Request-Id: {id}\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Feeder:
    """Our end of the taps: a proxy worker's, with its counters."""

    tap: Taps
    answer_head: bytes
    answer: bytes
    numbers: itertools.count[int]

    async def feed(self, count: int) -> None:
        """Hand over ``count`` exchanges, and wait until all of them are dealt with."""
        sent = 0
        while sent < count:
            while sent < count and self.tap.unfinished < UNDER_WAY and self.tap.offer(self._exchange()) is None:
                sent += 1
            await asyncio.sleep(0.002)
        while self.tap.unfinished:  # noqa: ASYNC110 - the tap tells nobody; it is asked
            await asyncio.sleep(0.002)

    def _exchange(self) -> Exchange:
        number = next(self.numbers)
        session, id_ = f"s{number % USERS:04}x7f3a9c51d2", f"{number:024x}"
        return Exchange(
            id=id_,
            identity=session,
            route="order-read",
            table_version=1,
            primary="legacy",
            shadow="orders",
            started_at=time.time(),
            first_byte=0.004,
            total=0.005,
            request_head=_REQUEST_HEAD.format(number=number, session=session, id=id_).encode(),
            request_body=b"",
            answer_head=self.answer_head,
            answer_body=self.answer,
        )


async def measured(kind: str, left: bytes, right: bytes, options: argparse.Namespace) -> tuple[list[float], Speed]:
    """Pairs per CPU-second round by round, and the machine's speed before each."""
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as name:
        directory = Path(name)
        warm_up = WARM_UP_DIFFERING if kind == DIFFERENT else WARM_UP
        async with _scene(directory, left, right, options.workers) as (feeder, pids):
            await feeder.feed(warm_up)
            rates, speed = [], Speed()
            for _ in range(options.rounds):
                speed.look()
                before = processes.cpu_seconds(pids)
                await feeder.feed(options.pairs)
                rates.append(options.pairs / (processes.cpu_seconds(pids) - before))
        _check(directory, kind, warm_up + options.rounds * options.pairs)
    return rates, speed


def _check(directory: Path, kind: str, count: int) -> None:
    (summary,) = open_store(f"sqlite:///{directory}/strangler.db").summaries(route="order-read")
    outcome = "mismatch" if kind == DIFFERENT else "match"
    if {name: n for name, n in summary.outcomes.items() if n} != {outcome: count}:
        raise SystemExit(f"bench: {kind}: expected {count} times {outcome}, and got {summary.outcomes}")


@asynccontextmanager
async def _scene(directory: Path, left: bytes, right: bytes, workers: int) -> AsyncIterator[tuple[Feeder, list[int]]]:
    legacy, candidate = free_port(), free_port()
    for side, body in (("legacy", left), ("candidate", right)):
        (directory / side).mkdir()
        (directory / side / "answer.json").write_bytes(body)
    config, log = directory / "nginx.conf", directory / "nginx.log"
    user = "user root;\n" if os.geteuid() == 0 else ""  # or it could not read what lies in our folder
    config.write_text(_NGINX.format(user=user, directory=directory, legacy=legacy, candidate=candidate))
    nginx = processes.start(
        [program("nginx"), "-p", str(directory), "-e", f"{directory}/nginx.error.log", "-c", str(config)],
        core=OTHER_CORE,
        log=log,
    )
    (directory / "run").mkdir()
    (directory / "key").write_bytes(b"k" * 64)
    settings = Settings(
        run_dir=str(directory / "run"),
        store=f"sqlite:///{directory}/strangler.db",
        secret=str(directory / "key"),
        shadow_workers=workers,
    )
    counters = Counters(Path(settings.run_dir), f"proxy-0-{os.getpid()}")
    table = load_table(_TABLE.format(legacy=legacy, candidate=candidate), source="bench", version=1)
    plans = encode_plans(plans_of(table))
    taps = Taps(settings, "proxy-0", b"k" * 64, Meters(counters), lambda: plans, table)
    try:
        processes.wait_until_it_answers(candidate, nginx, log)
        role = next(role for role in default_roles(settings) if role.name == "shadow")
        async with AsyncExitStack() as stack:
            started = [_shadow_worker(role, index, settings) for index in range(workers)]
            pids = [await stack.enter_async_context(worker) for worker in started]
            running = asyncio.create_task(taps.run())
            yield Feeder(taps, _head_of_answer(legacy), left, itertools.count(1)), pids
            running.cancel()
            await taps.close()
    finally:
        processes.stop(nginx)
        counters.close()


def _head_of_answer(port: int) -> bytes:
    """What the control says when it is asked by a client: what it says to a copy must be the same."""
    asking = HTTPConnection("127.0.0.1", port, timeout=5)
    asking.request("GET", "/orders/1")
    answer = asking.getresponse()
    answer.read()
    asking.close()
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{name}: {value}" for name, value in answer.getheaders())]
    return "\r\n".join((*lines, "", "")).encode()


@asynccontextmanager
async def _shadow_worker(role: Role, index: int, settings: Settings) -> AsyncIterator[int]:
    child = Child(role, index, environment_of_children(settings))
    channel = await child.start()
    assert child.pid is not None
    os.sched_setaffinity(child.pid, {SHADOW_CORE})
    ready = asyncio.Event()
    hearing = asyncio.create_task(_hear(channel, ready))
    try:
        await ready.wait()
        yield child.pid
        child.tell({"type": "drain", "grace": role.grace})
    finally:
        await _end(child)
        hearing.cancel()


async def _end(child: Child) -> None:
    ended = asyncio.create_task(child.ended())
    for _ in range(500):
        child.reap()
        if (await asyncio.wait([ended], timeout=0.02))[0]:
            return
    child.kill()


async def _hear(channel: ControlChannel, ready: asyncio.Event) -> None:
    async for message in channel:
        if message["type"] == "ready":
            ready.set()


async def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    print(f"{'size':8}{'pair':24}{'pairs per CPU-second':>24}{'microseconds each':>20}{'scaled':>8}{'bar':>8}")
    rows = []
    for size, orders in SIZES.items():
        of_size = pairs(orders)
        plain = next(iter(of_size.values()))[0]
        for kind, (left, right) in ({SAME: (plain, plain)} | of_size).items():
            if (size, kind) == LEFT_OUT:
                continue
            rates, speed = await measured(kind, left, right, options)
            rate, bar = statistics.median(rates), BARS.get((size, kind))
            scaled = statistics.median(one / fast for one, fast in zip(rates, speed.looks, strict=True))
            print(f"{size:8}{kind:24}{rate:>24,.0f}{1e6 / rate:>20,.0f}{scaled:>8,.0f}{bar or '':>8}", flush=True)
            row = {"size": size, "bytes": len(left), "pair": kind, "rate": rate, "scaled": scaled, "rounds": rates}
            rows.append({**row, "speed": speed.median, "bar": bar})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.shadow", description=__doc__)
    parser.add_argument("--pairs", type=int, default=700, help="in one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1, help="shadow workers, all on one core")
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "shadow.json")
    options = parser.parse_args()
    require({"nginx": "nginx-light", "taskset": "util-linux"})
    os.sched_setaffinity(0, {OTHER_CORE})
    rows = uvloop.run(measure(options))
    judged = [_judged(row) for row in rows if row["bar"] is not None]
    speed = statistics.median(row["speed"] for row in rows)
    return documents.leave(options.output, judged, workers=options.workers, speed=speed, rows=rows)


def _judged(row: dict[str, Any]) -> documents.Judged:
    what, unit = f"shadow worker, {row['size']}, {row['pair']}", "pairs per CPU-second"
    value = f"{row['rate']:,.0f} {unit} from tap to store as measured, {row['scaled']:,.0f} {documents.AT_REFERENCE}"
    return documents.judged(what, value, f"{row['bar']:,}", fine=row["scaled"] >= row["bar"])


if __name__ == "__main__":
    sys.exit(main())
