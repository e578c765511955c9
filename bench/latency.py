"""How much later answers come through each peer than from the origin itself, at a rate that all of them bear."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import processes, rounds
from bench.peers import Peer
from bench.scenarios import LATENCY

DIRECT = "the origin itself"

Measured = dict[str, float]


def measure(peers: list[Peer], directory: Path, *, rate: float, count: int, seconds: float) -> dict[str, Any]:
    """For each peer the medians of its rounds, and ``added_p99_ms`` beyond the origin's own."""
    with ExitStack() as stack:
        running = rounds.start_all(LATENCY, peers, directory, stack)
        ports = {DIRECT: running[0].scene.legacy_port, **{each.peer.NAME: each.scene.port for each in running}}
        measured: dict[str, list[Measured]] = {name: [] for name in ports}
        for number in range(count + 1):
            for name, port in ports.items():
                print(f"latency {number}/{count} {name}", file=sys.stderr, flush=True)
                measured[name].append(_once(port, rate, seconds))
                for each in running:
                    processes.wait_until_idle(each.pid)
    medians = {
        # The first round warms up.
        name: {key: statistics.median(one[key] for one in several[1:]) for key in several[0]}
        for name, several in measured.items()
    }
    for name, one in medians.items():
        if one["failed"]:
            raise SystemExit(f"bench: {name} failed {one['failed']:.0f} of {one['requests']:.0f} requests")
        one["rate"] = rate
        one["added_p99_ms"] = one["p99_ms"] - medians[DIRECT]["p99_ms"]
    return medians


def _once(port: int, rate: float, seconds: float) -> Measured:
    command = ["taskset", "-c", str(rounds.LOAD_CORE), sys.executable, "-m", "bench.open_loop"]
    said = subprocess.run(
        [*command, str(port), str(rate), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    found: Measured = json.loads(said.stdout)
    return found
