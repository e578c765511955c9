"""``python -m bench.beginning``: how soon an instance serves after it was started, and what a table of 10,000 routes takes to load and to match.

Starting is timed by the clock, from the command to the first answer that a user gets, and to the first of ``/readyz`` that says that all
workers accept: the admin port is served by a process of its own, which users need not wait for. The clock also tells what else the
machine did meanwhile; the CPU time of all processes until then does not. Loading and matching are CPU time of one process,
interpreted: compiled as in the container image they take less. No other program does the same, so all are judged as they would be at the
reference speed (``bench.yardstick``).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from bench import documents, processes
from bench.documents import Bar
from bench.instance import constants
from bench.peers import strangler
from bench.programs import require
from bench.requests import Requests, rendered
from bench.scene import Scene, free_port
from bench.yardstick import Speed
from proxy.match import Matcher
from proxy.model.message import RequestHead
from proxy.table.load import load_table

ROUTES: Final = 10_000
MATCHES: Final = 20_000
BOTH: Final = "0,1"

BARS: Final = (
    Bar("served_s", "start to the first answer, 50 routes", 1, "s"),
    Bar("ready_s", "start to ready, 50 routes", 1, "s"),
    # What two processors have in the second that a start may take.
    Bar("cpu_s", "start to ready, all processes together, 50 routes", 2, "CPU-seconds"),
    Bar("load_s", "loading a table of 10,000 routes", 2, "CPU-seconds"),
    Bar("match_us", "matching a request against 10,000 routes", 10, "microseconds"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.beginning", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "beginning.json")
    options = parser.parse_args()
    require({**strangler.PROGRAMS, "nginx": "nginx-light", "taskset": "util-linux"})
    speed = Speed()
    with tempfile.TemporaryDirectory(prefix="strangler-bench-") as directory:
        speed.look()
        started = _started(Path(directory), options.rounds)
    speed.look()
    text = strangler.table(Scene(Path(), 0, 1, 2, routes=ROUTES))
    matcher = Matcher(load_table(text))
    figures = {
        **started,
        "load_s": statistics.median(_took(lambda: load_table(text)) for _ in range(options.rounds)),
        "match_us": 1e6 * statistics.median(_match(matcher) for _ in range(options.rounds)),
    }
    speed.look()
    print(f"{'':10}{'measured':>10}{'at the reference speed':>24}")
    for name, figure in figures.items():
        print(f"{name:10}{figure:10,.3f}{figure * speed.median:24,.3f}")
    bars = documents.judge(BARS, figures, speed.median)
    return documents.leave(options.output, bars, routes=ROUTES, speed=speed.median, figures=figures)


def _took(what: Callable[[], object]) -> float:
    before = time.process_time()
    what()
    return time.process_time() - before


def heads() -> list[RequestHead]:
    """Of the requests that all peers get, spread over the table."""
    found = []
    for request in rendered(Requests(routes=ROUTES)):
        line, *fields = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
        method, target, _ = line.split(b" ")
        headers = [(name, value) for name, _, value in (field.partition(b": ") for field in fields)]
        found.append(RequestHead.from_headers(method, target, headers))
    return found


def _match(matcher: Matcher) -> float:
    """CPU-seconds of one match."""
    several = heads()
    for head in several:
        if matcher.match(head) is None:
            raise SystemExit(f"bench: no route claims {head.target!r}")

    def all_of_them() -> None:
        for _ in range(MATCHES // len(several)):
            for head in several:
                matcher.match(head)

    return _took(all_of_them) / (MATCHES // len(several) * len(several))


def _started(directory: Path, rounds: int) -> dict[str, float]:
    """Medians. Each time with a new folder: nothing is there yet."""
    with constants(directory / "origin", core=BOTH) as (legacy, _, _):
        took = []
        for number in range(rounds + 1):
            scene = Scene(directory / f"{number}", free_port(), legacy, legacy, routes=50)
            scene.directory.mkdir()
            took.append(_once(scene))
    # The first reads everything from the disk.
    return {name: statistics.median(one[name] for one in took[1:]) for name in took[0]}


def _once(scene: Scene) -> dict[str, float]:
    admin_port, log = free_port(), scene.directory / "output.log"
    command = strangler.serve(scene, strangler.table(scene), admin_port)
    waiting = {"served_s": f"http://127.0.0.1:{scene.port}/", "ready_s": f"http://127.0.0.1:{admin_port}/readyz"}
    began = time.perf_counter()
    process = processes.start(command, core=BOTH, log=log)

    def first_answer(url: str) -> float:
        while not _answers(url):
            if process.poll() is not None or time.perf_counter() > began + 60:
                raise SystemExit(f"bench: it does not get ready:\n{log.read_text()[-2000:]}")
            time.sleep(0.005)
        return time.perf_counter() - began

    try:
        # Side by side: whoever asks a port that is bound and not served yet waits, and would ask the other one too late.
        with ThreadPoolExecutor(len(waiting)) as asking:
            took = dict(zip(waiting, asking.map(first_answer, waiting.values()), strict=True))
        return {**took, "cpu_s": processes.cpu_seconds(processes.tree(process.pid))}
    finally:
        processes.stop(process)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main())
