"""One run of load against one port: as fast as answers come (wrk), or at a fixed rate (``open_loop``)."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Core
from bench.programs import program

Steady = dict[str, float]
"""What ``open_loop`` prints: ``requests``, ``failed``, ``p50_ms``, ``p90_ms``, ``p99_ms``, ``p999_ms``, ``usual_p99_ms``."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw. ``failed`` counts errors of the socket and answers of 400 and above."""

    requests: int
    seconds: float
    failed: int
    p50_ms: float
    p99_ms: float


def run(port: int, script: Path, *, core: Core, seconds: float, connections: int, scheme: str = "http") -> Load:
    command = ["taskset", "-c", str(core), program("wrk"), "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency"]
    output = subprocess.run(
        [*command, "-s", str(script), f"{scheme}://127.0.0.1:{port}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 30,
    )
    for line in output.stdout.splitlines():
        if line.startswith("RESULT "):
            result = json.loads(line.removeprefix("RESULT "))
            return Load(
                requests=result["requests"],
                seconds=result["micros"] / 1e6,
                failed=result["failed"],
                p50_ms=result["p50_us"] / 1e3,
                p99_ms=result["p99_us"] / 1e3,
            )
    raise SystemExit(f"bench: wrk gave no result:\n{output.stdout}{output.stderr}")


def steady(port: int, rate: float, seconds: float, *, core: Core, prefix: str = "", goes_first: bool = False) -> Steady:
    """Raises if a connection was closed or an answer did not come: nothing was measured then. ``goes_first``: as ``processes.go_first``."""
    where = ["taskset", "-c", str(core), *(["chrt", "--fifo", "1"] if goes_first else [])]
    command = [*where, sys.executable, "-m", "bench.open_loop", str(port), str(rate), str(seconds), prefix]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 60)
    found: Steady = json.loads(said.stdout)
    return found
