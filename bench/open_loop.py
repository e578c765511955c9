"""``python -m bench.open_loop PORT RATE SECONDS [PREFIX]``: requests at fixed moments, whether the answers to earlier ones have come or not.

Each latency counts from the moment at which the request was due, so that a proxy that stalls does not slow its own load down (no
coordinated omission). Prints a line of JSON.

``usual_p99_ms`` is the median of the p99 of each tenth of a second. A virtual machine that stands still for 10 ms once a second (its processors are
others' then, and no program on it can tell) makes every p99 of that second one of 10 ms, whatever is measured; but of ten tenths it hits one. What a proxy
does to its users at least every second tenth is in it all the same; what comes less often is in ``p99_ms`` and ``p999_ms``, which are of all.
"""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
import sys
import time
from collections import defaultdict, deque
from typing import cast

import uvloop
from httptools import HttpResponseParser

from bench.requests import Requests, rendered

CONNECTIONS = 64
"""At most as many requests under way; those that find none free wait, and the wait counts."""

END = 30.0
"""Seconds that the last answers may take."""

PART_SECONDS = 0.1
"""Of these ``usual_p99_ms`` is the median."""

CLOCK_SECONDS = 0.0001
"""What is due is sent this often. The loop's own timers know whole milliseconds only: waiting for less, it spins, and takes the core from the
origin that shares it; waiting for more, it sends in bursts, and a burst's last request waits for the others."""


class Connection(asyncio.Protocol):
    """One request under way at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it

    def send(self, request: bytes, due: float) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._load.failed += self._parser.get_status_code() != 200
        self._load.answered(self, self._due, time.perf_counter() - self._due)

    def connection_lost(self, _error: Exception | None) -> None:
        raise SystemExit("bench: a connection was closed under the load")


class Load:
    def __init__(self, rate: float, seconds: float, requests: Requests) -> None:
        self._interval = 1 / rate
        self._count = int(rate * seconds)
        self._requests = rendered(requests)
        self._free: list[Connection] = []
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._began = 0.0
        self._sent = 0
        self._done = asyncio.Event()
        self.failed = 0
        self.latencies: list[tuple[float, float]] = []
        """When each was due, and what it took, in seconds."""

    async def run(self, port: int) -> dict[str, float]:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", port)
            self._free.append(connection)
        self._began = time.perf_counter()
        loop.add_signal_handler(signal.SIGALRM, self._send_due)
        signal.setitimer(signal.ITIMER_REAL, CLOCK_SECONDS, CLOCK_SECONDS)
        await asyncio.wait_for(self._done.wait(), END)
        times = sorted(took for _, took in self.latencies)
        shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999}
        return {
            "requests": len(times),
            "failed": self.failed,
            **{name: 1e3 * quantile(times, share) for name, share in shares.items()},
            "usual_p99_ms": 1e3 * self._usual(0.99),
        }

    def _usual(self, share: float) -> float:
        parts = defaultdict(list)
        for due, took in self.latencies:
            parts[int((due - self._began) / PART_SECONDS)].append(took)
        return statistics.median(quantile(sorted(part), share) for part in parts.values())

    def _send_due(self) -> None:
        due = min(int((time.perf_counter() - self._began) / self._interval), self._count)
        for number in range(self._sent, due):
            self._send(self._requests[number % len(self._requests)], self._began + number * self._interval)
        self._sent = due
        if due == self._count:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _send(self, request: bytes, due: float) -> None:
        if self._free:
            self._free.pop().send(request, due)
        else:
            self._waiting.append((request, due))

    def answered(self, connection: Connection, due: float, latency: float) -> None:
        self.latencies.append((due, latency))
        if self._waiting:
            connection.send(*self._waiting.popleft())
        else:
            self._free.append(connection)
        if len(self.latencies) == self._count:
            self._done.set()


def quantile(times: list[float], share: float) -> float:
    """Of sorted ``times``."""
    return times[int(share * (len(times) - 1))]


def main() -> None:
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    requests = Requests(prefix=sys.argv[4] if len(sys.argv) > 4 else "")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(Load(rate, seconds, requests).run(port))))


if __name__ == "__main__":
    main()
