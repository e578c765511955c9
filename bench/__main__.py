"""``python -m bench``: all peers under the same load in interleaved rounds, judged by requests per CPU-second."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import load, origin, processes
from bench.peers import Peer, peers
from bench.programs import require
from bench.scene import Scene, free_port, load_script

PROXY_CORE, LOAD_CORE = 0, 1
YARDSTICK = "nginx"
BARS = {"strangler": 0.45}
"""The least share of the yardstick's requests per CPU-second that a peer must reach. It takes a Python that was built with optimisations,
as Debian's and those of the official images are; one that pyenv builds by default is a tenth slower."""


@dataclass(slots=True)
class Running:
    """A started peer and what each round measured."""

    peer: Peer
    scene: Scene
    pid: int
    rounds: list[dict[str, float]] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(measured[name] for measured in self.rounds)


def main() -> int:
    options = _options()
    chosen = {name: peer for name, peer in peers().items() if name in options.peers}
    require({"wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux"})
    for peer in chosen.values():
        require(peer.PROGRAMS)
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("bench: needs two cores, one for the proxy and one for the load")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="strangler-bench-")))
        running = _start_all(chosen, directory, stack)
        script = directory / "load.lua"
        script.write_text(load_script())
        for each in running:
            load.run(each.scene.port, script, core=LOAD_CORE, seconds=1, connections=options.connections)
        for number in range(options.rounds):
            for each in running:
                print(f"round {number + 1} of {options.rounds}: {each.peer.NAME}", file=sys.stderr, flush=True)
                each.rounds.append(_measure(each, script, options))
        if options.keep:
            shutil.copytree(directory, options.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
    return _report(running, options.output)


def _start_all(chosen: dict[str, Peer], directory: Path, stack: ExitStack) -> list[Running]:
    legacy_port, candidate_port = free_port(), free_port()
    log = directory / "origin.log"
    behind = processes.start(origin.command(directory, legacy_port, candidate_port), core=LOAD_CORE, log=log)
    stack.callback(processes.stop, behind)
    processes.wait_for_port(legacy_port, behind, log)
    running = []
    for name, peer in chosen.items():
        home = directory / name
        home.mkdir()
        scene = Scene(home, free_port(), legacy_port, candidate_port)
        process = processes.start(peer.command(scene), core=PROXY_CORE, log=home / "output.log")
        stack.callback(processes.stop, process)
        processes.wait_for_port(scene.port, process, home / "output.log")
        running.append(Running(peer, scene, process.pid))
    return running


def _measure(each: Running, script: Path, options: argparse.Namespace) -> dict[str, float]:
    everything = processes.tree(each.pid)
    live = [pid for pid, command_line in everything.items() if each.peer.is_live_path(command_line)]
    if not live:
        raise SystemExit(f"bench: {each.peer.NAME} has no process that serves requests: {everything}")
    live_before, all_before = processes.cpu_seconds(live), processes.cpu_seconds(everything)
    seen = load.run(each.scene.port, script, core=LOAD_CORE, seconds=options.seconds, connections=options.connections)
    live_used = processes.cpu_seconds(live) - live_before
    all_used = processes.cpu_seconds(everything) - all_before
    if seen.failed:
        raise SystemExit(f"bench: {each.peer.NAME} failed {seen.failed} of {seen.requests} requests")
    return {
        **asdict(seen),
        "cpu_seconds": live_used,
        "cpu_seconds_all_processes": all_used,
        "requests_per_second": seen.requests / seen.seconds,
        "requests_per_cpu_second": seen.requests / live_used,
    }


def _report(running: list[Running], output: Path) -> int:
    yardstick = next((each for each in running if each.peer.NAME == YARDSTICK), None)
    print(
        f"{'peer':18}{'req/CPU-s':>11}{'of nginx':>10}{'spread':>15}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'us/req':>8}"
    )
    summary: dict[str, dict[str, object]] = {}
    ratio_of: dict[str, float] = {}
    failed = False
    for each in running:
        ratios = _ratios(each, yardstick) or [0.0]
        ratio_of[each.peer.NAME] = ratio = statistics.median(ratios)
        rate = each.median("requests_per_cpu_second")
        print(
            f"{each.peer.NAME:18}{rate:11.0f}{ratio:10.3f}{f'{min(ratios):.3f}-{max(ratios):.3f}':>15}"
            f"{each.median('requests_per_second'):9.0f}{each.median('p50_ms'):8.2f}{each.median('p99_ms'):8.2f}{1e6 / rate:8.1f}"
        )
        summary[each.peer.NAME] = {"ratio": ratio, "requests_per_cpu_second": rate, "rounds": each.rounds}
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps({"at": time.time(), "machine": _machine(), "bars": BARS, "peers": summary}, indent=2))
    for name, bar in BARS.items():
        if name in ratio_of and yardstick is not None:
            missed = ratio_of[name] < bar
            print(
                f"{name}: {ratio_of[name]:.3f} of {YARDSTICK}; the bar is {bar:.2f}: {'missed' if missed else 'reached'}"
            )
            failed |= missed
    print(f"details: {output}")
    return 1 if failed else 0


def _ratios(each: Running, yardstick: Running | None) -> list[float]:
    """Round by round, so that whatever slows one round down slows both sides of its ratio."""
    if yardstick is None:
        return []
    return [
        ours["requests_per_cpu_second"] / theirs["requests_per_cpu_second"]
        for ours, theirs in zip(each.rounds, yardstick.rounds, strict=True)
    ]


def _machine() -> dict[str, object]:
    return {
        "python": f"{platform.python_version()} {sys.executable} {platform.python_compiler()}",
        "kernel": platform.release(),
        "cores": os.cpu_count(),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = list(peers())
    parser.add_argument("--peers", type=lambda text: text.split(","), default=known, help=f"of {', '.join(known)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one run")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--output", type=Path, default=Path("var/bench/bench.json"))
    parser.add_argument("--keep", type=Path, help="keep configurations and logs in this folder")
    options = parser.parse_args()
    unknown = set(options.peers) - set(known)
    if unknown:
        parser.error(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
