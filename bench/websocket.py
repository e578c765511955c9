"""``python -m bench.websocket``: WebSocket messages through each proxy's tunnel, by CPU-second of the proxy, in interleaved rounds.

Client and origin are real ones (aiohttp) and share the other core. They are slower than any of the proxies, which are therefore never busy
all the time: what is measured is what a message costs that comes alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from bench import documents, processes
from bench.peers import peers
from bench.programs import require
from bench.rounds import LOAD_CORE, PROXY_CORE, Running
from bench.scenarios import YARDSTICK
from bench.scene import Scene, free_port

PEERS: Final = ("strangler", "nginx", "haproxy")
CONNECTIONS: Final = 64
LEAST: Final = 0.7
"""At least so many times the messages of the yardstick per CPU-second."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.websocket", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one run")
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "websocket.json")
    options = parser.parse_args()
    require({"taskset": "util-linux"})
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory, ExitStack() as stack:
        running = _start_all(Path(directory), stack)
        for each in running:
            load(each.scene.port, 0.5)
        for number in range(options.rounds):
            for each in running[number % len(running) :] + running[: number % len(running)]:
                print(f"websocket {number + 1}/{options.rounds} {each.peer.NAME}", file=sys.stderr, flush=True)
                processes.wait_until_idle(*(one.pid for one in running))
                each.rounds.append(_round(each, options.seconds))
    figures = results({each.peer.NAME: each.rounds for each in running})
    print(f"{'peer':22}{'messages/CPU-s':>15}{'of nginx':>10}{'messages/s':>12}{'p50 ms':>8}{'p99 ms':>8}")
    for name, one in figures.items():
        rates = f"{one['messages_per_cpu_second']:15,.0f}{one['ratio']:10.3f}{one['messages_per_second']:12,.0f}"
        print(f"{name:22}{rates}{one['p50_ms']:8.2f}{one['p99_ms']:8.2f}")
    return documents.leave(options.output, bars(figures), connections=CONNECTIONS, peers=figures)


def _start_all(directory: Path, stack: ExitStack) -> list[Running]:
    port = stack.enter_context(echo(directory))
    running = []
    for peer in (peers()[name] for name in PEERS):
        require(peer.PROGRAMS)
        scene = Scene(directory / peer.NAME, free_port(), port, port, routes=50)
        scene.directory.mkdir()
        log = scene.directory / "output.log"
        process = processes.start(peer.command(scene), core=PROXY_CORE, log=log)
        stack.callback(processes.stop, process)
        processes.wait_until_it_answers(scene.port, process, log)
        running.append(Running(peer, scene, process.pid))
    return running


@contextmanager
def echo(directory: Path) -> Iterator[int]:
    """The origin, which sends every message back; its port."""
    port, log = free_port(), directory / "origin.log"
    process = processes.start([sys.executable, "-m", "bench.messages", "serve", str(port)], core=LOAD_CORE, log=log)
    try:
        processes.wait_until_it_answers(port, process, log)
        yield port
    finally:
        processes.stop(process)


def _round(each: Running, seconds: float) -> dict[str, float]:
    live = each.serving()
    before = processes.cpu_seconds(live)
    seen = load(each.scene.port, seconds)
    used = processes.cpu_seconds(live) - before
    return {
        **seen,
        "cpu_seconds": used,
        "messages_per_second": seen["messages"] / seen["seconds"],
        "messages_per_cpu_second": seen["messages"] / used,
    }


def load(port: int, seconds: float) -> dict[str, float]:
    command = ["taskset", "-c", str(LOAD_CORE), sys.executable, "-m", "bench.messages"]
    said = subprocess.run(
        [*command, "ask", str(port), str(CONNECTIONS), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    found: dict[str, float] = json.loads(said.stdout)
    return found


def results(measured: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, Any]]:
    """By peer: medians, and the ratio to the yardstick round by round."""
    rate = "messages_per_cpu_second"
    found = {}
    for name, rounds in measured.items():
        ratios = [own[rate] / other[rate] for own, other in zip(rounds, measured[YARDSTICK], strict=True)]
        medians = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        found[name] = {**medians, "ratio": statistics.median(ratios), "ratios": ratios, "rounds": rounds}
    return found


def bars(figures: dict[str, dict[str, Any]]) -> list[documents.Judged]:
    times = figures["strangler"]["ratio"]
    value = f"{times:.2f} times the messages of {YARDSTICK} per CPU-second"
    return [documents.judged("strangler, WebSocket", value, f"{LEAST:.2f}", fine=times >= LEAST)]


if __name__ == "__main__":
    sys.exit(main())
