"""``python -m bench``: all peers under the same load in interleaved rounds, judged by requests per CPU-second, and by how late they make answers."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import documents, latency, rounds
from bench.peers import Peer, peers
from bench.programs import require
from bench.scenarios import COPYING, COPYING_RATE, LATENCY, SCENARIOS, Scenario
from bench.tables import Results, bars, latency_lines, scenario_lines
from bench.versions import versions

PROGRAMS = {"wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux", "openssl": "openssl"}


def main() -> int:
    options = _options()
    require(PROGRAMS)
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("bench: needs two cores, one for the proxy and one for the load")
    results: Results = {}
    for scenario in SCENARIOS:
        if scenario.name in options.scenarios:
            results[scenario.name] = _measured(scenario, options)
            print("\n".join(scenario_lines(scenario.title, results[scenario.name])), end="\n\n", flush=True)
    rates = {COPYING: COPYING_RATE}
    if "strangler" in results.get("json", {}):
        rates[LATENCY] = results["json"]["strangler"]["requests_per_second"] // 200 * 100
    for scenario, rate in rates.items():
        if scenario.name in options.scenarios:
            results[scenario.name] = _latency(scenario, rate, options)
            print("\n".join(latency_lines(scenario.title, results[scenario.name])), end="\n\n", flush=True)
    measured = versions([name for peers in results.values() for name in peers])
    return documents.leave(options.output, bars(results), versions=measured, scenarios=results)


def _measured(scenario: Scenario, options: argparse.Namespace) -> dict[str, Any]:
    chosen = _chosen(scenario, options)
    count, seconds = _length(scenario, options)
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory:
        result = rounds.measure(scenario, chosen, Path(directory), rounds=count, seconds=seconds)
        if options.keep:
            kept = options.keep / scenario.name
            shutil.copytree(directory, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
    return result


def _length(scenario: Scenario, options: argparse.Namespace) -> tuple[int, int]:
    """Rounds, and seconds of each."""
    return options.rounds or scenario.rounds, options.seconds or scenario.seconds


def _latency(scenario: Scenario, rate: float, options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory:
        count, seconds = _length(scenario, options)
        chosen = _chosen(scenario, options)
        return latency.measure(scenario, chosen, Path(directory), rate=rate, count=count, seconds=seconds)


def _chosen(scenario: Scenario, options: argparse.Namespace) -> list[Peer]:
    chosen = [
        peer
        for name, peer in peers().items()
        if name in options.peers and (not scenario.peers or name in scenario.peers)
    ]
    for peer in chosen:
        require(peer.PROGRAMS)
    return chosen


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known, scenarios = list(peers()), [scenario.name for scenario in (*SCENARIOS, COPYING, LATENCY)]
    parser.add_argument("--peers", type=_names, default=known, help=f"of {', '.join(known)}")
    parser.add_argument("--scenarios", type=_names, default=scenarios, help=f"of {', '.join(scenarios)}")
    parser.add_argument("--rounds", type=int, help="instead of the scenario's own")
    parser.add_argument("--seconds", type=int, help="length of one run, instead of the scenario's own")
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "bench.json")
    parser.add_argument("--keep", type=Path, help="keep configurations and logs in this folder")
    options = parser.parse_args()
    for given, there, noun in ((options.peers, known, "peer"), (options.scenarios, scenarios, "scenario")):
        if unknown := set(given) - set(there):
            parser.error(f"no such {noun}: {', '.join(sorted(unknown))}; there are {', '.join(there)}")
    return options


def _names(text: str) -> list[str]:
    return text.split(",")


if __name__ == "__main__":
    sys.exit(main())
