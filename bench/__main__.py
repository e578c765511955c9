"""``python -m bench``: all peers under the same load in interleaved rounds, judged by requests per CPU-second, and by how late they make answers."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import latency, rounds
from bench.peers import Peer, peers
from bench.programs import require
from bench.scenarios import LATENCY, SCENARIOS, Scenario
from bench.tables import Results, bar_lines, latency_lines, scenario_lines

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
    if LATENCY.name in options.scenarios and "strangler" in results.get("json", {}):
        rate = results["json"]["strangler"]["requests_per_second"] // 200 * 100
        results[LATENCY.name] = _latency(rate, options)
        print("\n".join(latency_lines(LATENCY.title, results[LATENCY.name])), end="\n\n", flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    document = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": _machine(), "scenarios": results}
    options.output.write_text(json.dumps(document, indent=2) + "\n")
    bars = list(bar_lines(results))
    print(*(words for _, words in bars), f"details: {options.output}", sep="\n")
    return 0 if all(fine for fine, _ in bars) else 1


def _measured(scenario: Scenario, options: argparse.Namespace) -> dict[str, Any]:
    chosen = _chosen(scenario, options)
    # The scenario that the bars are about gets all rounds, the others three.
    count = options.rounds if not scenario.peers else min(options.rounds, 3)
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory:
        result = rounds.measure(scenario, chosen, Path(directory), rounds=count, seconds=options.seconds)
        if options.keep:
            kept = options.keep / scenario.name
            shutil.copytree(directory, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
    return result


def _latency(rate: float, options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory:
        count, seconds = min(options.rounds, 3), options.seconds
        return latency.measure(_chosen(LATENCY, options), Path(directory), rate=rate, count=count, seconds=seconds)


def _chosen(scenario: Scenario, options: argparse.Namespace) -> list[Peer]:
    chosen = [
        peer
        for name, peer in peers().items()
        if name in options.peers and (not scenario.peers or name in scenario.peers)
    ]
    for peer in chosen:
        require(peer.PROGRAMS)
    return chosen


def _machine() -> dict[str, object]:
    return {
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "optimised": "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""),
        "kernel": platform.release(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known, scenarios = list(peers()), [scenario.name for scenario in (*SCENARIOS, LATENCY)]
    parser.add_argument("--peers", type=_names, default=known, help=f"of {', '.join(known)}")
    parser.add_argument("--scenarios", type=_names, default=scenarios, help=f"of {', '.join(scenarios)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one run")
    parser.add_argument("--output", type=Path, default=Path("var/bench/bench.json"))
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
