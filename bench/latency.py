"""How much later answers come through each peer than from the origin itself, at a rate that all of them bear."""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import load, processes, rounds
from bench.peers import Peer
from bench.scenarios import Scenario

DIRECT = "the origin itself"
WARM_UP_SECONDS = 1.0


def measure(
    scenario: Scenario, peers: list[Peer], directory: Path, *, rate: float, count: int, seconds: float
) -> dict[str, Any]:
    """For each peer the medians of its rounds, and ``added_p99_ms``: by how much its usual p99 is beyond the origin's own."""
    with ExitStack() as stack:
        running = rounds.start_all(scenario, peers, directory, stack)
        ports = {DIRECT: running[0].scene.legacy_port, **{each.peer.NAME: each.scene.port for each in running}}
        measured: dict[str, list[load.Steady]] = {name: [] for name in ports}
        for number in range(count + 1):
            for name, port in ports.items():
                print(f"{scenario.name} {number}/{count} {name}", file=sys.stderr, flush=True)
                length = seconds if number else WARM_UP_SECONDS
                measured[name].append(load.steady(port, rate, length, core=rounds.LOAD_CORE))
                processes.wait_until_idle(*(each.pid for each in running))
    medians = {
        # The first round warms up.
        name: {key: statistics.median(one[key] for one in several[1:]) for key in several[0]}
        for name, several in measured.items()
    }
    for name, one in medians.items():
        if one["failed"]:
            raise SystemExit(f"bench: {name} failed {one['failed']:.0f} of {one['requests']:.0f} requests")
        one["rate"] = rate
        one["added_p99_ms"] = one["usual_p99_ms"] - medians[DIRECT]["usual_p99_ms"]
    return medians
