"""``python -m bench.workers``: what a request costs with two workers, against one.

Two workers do twice the work of one if a request costs no more processor time with them: what they share (the listening socket, the
supervisor, the tap, caches) must not make it dearer. Both instances serve the same load in interleaved rounds; each worker has a core of its own, and
load and origin take what is left of both. So the throughput is that of a machine that does everything; what counts is CPU-seconds
of the workers for each request.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench import documents, load, processes
from bench.documents import Bar
from bench.instance import Instance, constants, instance
from bench.peers import strangler
from bench.programs import require
from bench.requests import Requests, script

CORES: Final = (0, 1)
BOTH: Final = "0,1"
WORKERS: Final = (1, 2)
CONNECTIONS: Final = 64

BARS: Final = (
    Bar("dearer", "CPU-seconds for each request with two workers, against one (1.8 times the work)", 1.11, "times"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.workers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one run")
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "workers.json")
    options = parser.parse_args()
    require({**strangler.PROGRAMS, "wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux"})
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as name, ExitStack() as stack:
        directory = Path(name)
        running = _start_all(directory, stack)
        lua = directory / "load.lua"
        lua.write_text(script(Requests()))
        measured: dict[int, list[dict[str, float]]] = {count: [] for count in running}
        for one in running.values():
            _round(one, lua, 1.0)
        for number in range(options.rounds):
            for count in running if number % 2 else reversed(running):
                print(f"workers {number + 1}/{options.rounds} {count}", file=sys.stderr, flush=True)
                processes.wait_until_idle(*(each.pid for each in running.values()))
                measured[count].append(_round(running[count], lua, options.seconds))
    figures = results(measured)
    for count, one in figures["workers"].items():
        rate, busiest = one["requests_per_second"], one["busiest"]
        print(
            f"workers: {count}; {one['microseconds']:.1f} us a request, {rate:,.0f} a second; the busiest did {busiest:.0%}"
        )
    return documents.leave(options.output, documents.judge(BARS, figures), connections=CONNECTIONS, **figures)


def _start_all(directory: Path, stack: ExitStack) -> dict[int, Instance]:
    legacy, _, _ = stack.enter_context(constants(directory / "origin", core=BOTH))
    running = {}
    for count in WORKERS:
        one = stack.enter_context(instance(directory / f"{count}", legacy, core=BOTH, workers=count))
        for core, worker in zip(CORES, one.workers(), strict=False):
            processes.pin(worker, core)
        running[count] = one
    return running


def _round(running: Instance, lua: Path, seconds: float) -> dict[str, float]:
    workers = running.workers()
    before = [processes.cpu_seconds([pid]) for pid in workers]
    seen = load.run(running.scene.port, lua, core=BOTH, seconds=seconds, connections=CONNECTIONS)
    used = [processes.cpu_seconds([pid]) - earlier for pid, earlier in zip(workers, before, strict=True)]
    if seen.failed:
        raise SystemExit(f"bench: {len(workers)} worker(s) failed {seen.failed} of {seen.requests} requests")
    return {
        "requests_per_second": seen.requests / seen.seconds,
        "microseconds": 1e6 * sum(used) / seen.requests,
        "busiest": max(used) / sum(used),
    }


def results(measured: dict[int, list[dict[str, float]]]) -> dict[str, Any]:
    """``dearer``: how many times the CPU-seconds of one worker's request, the median of the rounds."""
    cost = {count: [one["microseconds"] for one in rounds] for count, rounds in measured.items()}
    ratios = [two / one for one, two in zip(cost[1], cost[2], strict=True)]
    workers = {
        str(count): {key: statistics.median(one[key] for one in rounds) for key in rounds[0]} | {"rounds": rounds}
        for count, rounds in measured.items()
    }
    return {"workers": workers, "dearer": statistics.median(ratios), "ratios": ratios}


if __name__ == "__main__":
    sys.exit(main())
