"""``python -m bench.tls``: what TLS costs a worker: requests on connections that stand, and handshakes, by CPU-second, in interleaved rounds."""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import load, origin, processes, requests
from bench.certificate import KEYS, certificate
from bench.peers import strangler
from bench.programs import program, require
from bench.scene import Scene, free_port

PROXY_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Served:
    """One instance. ``workers`` are the processes that serve."""

    name: str
    port: int
    workers: list[int]

    @property
    def scheme(self) -> str:
        return "http" if self.name == "plain" else "https"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.tls", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    require({"wrk": "wrk", "openssl": "openssl", "taskset": "util-linux"})
    rates: defaultdict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strangler-bench-")))
        served = _start_all(directory, stack)
        script = directory / "load.lua"
        script.write_text(requests.script(requests.Requests()))
        for _ in range(options.rounds):
            for one in served:
                rates[f"{one.name} requests"].append(_requests(one, script, options))
            for one in served[1:]:
                rates[f"{one.name} handshakes"].append(_handshakes(one, options.seconds))
    for name, measured in rates.items():
        print(f"{name:18}{statistics.median(measured):9,.0f} a CPU-second  ({min(measured):,.0f}-{max(measured):,.0f})")
    ratios = [tls / plain for tls, plain in zip(rates["ecdsa requests"], rates["plain requests"], strict=True)]
    print(f"requests by TLS: {statistics.median(ratios):.2f} of those without ({min(ratios):.2f}-{max(ratios):.2f})")
    return 0


def _start_all(directory: Path, stack: ExitStack) -> list[Served]:
    legacy_port, candidate_port = free_port(), free_port()
    log = directory / "origin.log"
    behind = processes.start(origin.command(directory, legacy_port, candidate_port), core=LOAD_CORE, log=log)
    stack.callback(processes.stop, behind)
    processes.wait_until_it_answers(legacy_port, behind, log)
    served = []
    for name in ("plain", *KEYS):
        tls = certificate(directory / f"{name}-key", name) if name in KEYS else None
        scene = Scene(directory / name, free_port(), legacy_port, candidate_port, routes=50, tls=tls)
        scene.directory.mkdir()
        log = scene.directory / "output.log"
        process = processes.start(strangler.command(scene), core=PROXY_CORE, log=log)
        stack.callback(processes.stop, process)
        processes.wait_until_it_answers(scene.port, process, log, tls=tls is not None)
        workers = [pid for pid, line in processes.tree(process.pid).items() if strangler.is_live_path(line)]
        served.append(Served(name, scene.port, workers))
    return served


def _requests(one: Served, script: Path, options: argparse.Namespace) -> float:
    before = processes.cpu_seconds(one.workers)
    seen = load.run(
        one.port, script, core=LOAD_CORE, seconds=options.seconds, connections=options.connections, scheme=one.scheme
    )
    if seen.failed:
        raise SystemExit(f"bench: {one.name} failed {seen.failed} of {seen.requests} requests")
    return seen.requests / (processes.cpu_seconds(one.workers) - before)


def _handshakes(one: Served, seconds: float) -> float:
    """Full ones, TLS 1.3, one after the other."""
    command = ["taskset", "-c", str(LOAD_CORE), program("openssl"), "s_time", "-new", "-tls1_3"]
    command += ["-connect", f"127.0.0.1:{one.port}", "-time", f"{max(1, round(seconds))}"]
    before = processes.cpu_seconds(one.workers)
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 30).stdout
    used = processes.cpu_seconds(one.workers) - before
    found = re.search(r"(\d+) connections in [\d.]+ real seconds", said)
    if found is None:
        raise SystemExit(f"bench: openssl s_time gave no result:\n{said}")
    return int(found[1]) / used


if __name__ == "__main__":
    sys.exit(main())
