"""``python -m bench.pages``: every page and API address that shows evidence, asked of a real instance over a store of a million pairs.

No other program does the same, so what counts is what each would take at the reference speed (``bench.yardstick``), round by round.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from bench import documents
from bench.documents import Judged
from bench.million import make_store, route_name, table_text
from bench.processes import stop
from bench.scene import free_port
from bench.yardstick import Speed

BAR_MS: Final = 300.0
PAIRS: Final = 1_000_000
FOLDER: Final = documents.FOLDER / "million"
STORE, TABLE = "strangler.db", "routes.yaml"
FRESH_SECONDS: Final = 1.05
"""The console gives an answer of the store again for a second: whoever asks then would measure nothing."""
INSTANCES: Final = 4
"""Over the same store, asked in turn, so that nobody waits for one's answer to grow old."""

OLD_SECONDS: Final = 12 * 3600
"""After so long the newest pairs are no longer of the last day: the store is made anew."""

COMMANDS: Final = (("report", "--format", "json"), ("diffs",), ("status",))
"""These tell the same, each in a process of its own. They have no bar: half a second is the start of Python."""


@dataclass(slots=True)
class Timed:
    """``ms`` of each time it was asked, and ``scaled`` to the reference speed; ``refused`` of those answers had no page in them."""

    name: str
    size: int = 0
    ms: list[float] = field(default_factory=list)
    scaled: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def is_late(self) -> bool:
        return bool(self.refused) or max(self.scaled) > BAR_MS

    def took(self, ms: float, speed: float) -> None:
        self.ms.append(ms)
        self.scaled.append(ms * speed)

    def document(self) -> dict[str, Any]:
        return {
            "p50_ms": round(statistics.median(self.ms), 1),
            "worst_ms": round(max(self.ms), 1),
            "scaled_p50_ms": round(statistics.median(self.scaled), 1),
            "scaled_worst_ms": round(max(self.scaled), 1),
            "bytes": self.size,
            "refused": self.refused,
        }


def main() -> int:
    options = _options()
    written = made(options.folder, options.pairs)
    path, table = options.folder / STORE, options.folder / TABLE
    speed = Speed()
    busy = os.getloadavg()[0]  # what others do on this machine is in the figures
    with ExitStack() as stack:
        ports = [stack.enter_context(_instance(path, table)) for _ in range(INSTANCES)]
        free_at = dict.fromkeys(ports, 0.0)
        timed = [Timed(address) for address in _addresses(path)]
        for _ in range(options.rounds):
            fast = speed.look()
            # Each address always of the same one: what it is asked for the first time is nobody else's to have read.
            for port, one in zip(cycle(ports), timed):
                time.sleep(max(0.0, free_at[port] - time.monotonic()))
                _ask(port, one, fast)
                free_at[port] = time.monotonic() + FRESH_SECONDS
        commands = [_run(arguments, path, table, ports[0], speed.look()) for arguments in COMMANDS]
    print(*_lines([*timed, *commands]), sep="\n")
    return documents.leave(
        options.output,
        [_bar(timed, options.pairs)],
        store={"pairs": options.pairs, "bytes": path.stat().st_size, "written_per_cpu_second": written},
        load_before=round(busy, 2),
        speed=speed.median,
        addresses={one.name: one.document() for one in timed},
        commands={one.name: one.document() for one in commands},
    )


def _bar(timed: list[Timed], pairs: int) -> Judged:
    refused = [one.name for one in timed if one.refused]
    slowest = max(timed, key=lambda one: max(one.scaled))
    return documents.judged(
        f"the slowest of {len(timed)} addresses of the console over {pairs:,} pairs, at its worst ({slowest.name})",
        f"no answer from {', '.join(refused)}" if refused else _worst(slowest),
        f"{BAR_MS:g} ms",
        fine=not any(one.is_late for one in timed),
    )


def _worst(one: Timed) -> str:
    return f"{max(one.ms):.0f} ms as measured, {max(one.scaled):.0f} ms {documents.AT_REFERENCE}"


def made(folder: Path, pairs: int) -> float:
    """Make the store unless there is a young one of that size; how many records were written in a CPU-second."""
    folder.mkdir(parents=True, exist_ok=True)
    path, table, known = folder / STORE, folder / TABLE, folder / "made.json"
    if path.exists() and known.exists():
        found = json.loads(known.read_text())
        if found["pairs"] == pairs and time.time() - found["at"] < OLD_SECONDS:
            return float(found["written"])
    for suffix in ("", "-wal", "-shm", ".tables.jsonl"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    print(f"making a store of {pairs:,} pairs: this takes some minutes, once", flush=True)
    now = time.time()
    # Nobody answers there: the pages are asked, not the backends.
    table.write_text(table_text("http://127.0.0.1:9", "http://127.0.0.1:10"))
    written = round(make_store(path, table.read_text(), pairs, now))
    known.write_text(json.dumps({"pairs": pairs, "at": now, "written": written}))
    return written


def _addresses(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        # The most frequent difference of the newest build that has one, and one of its pairs.
        signature, pair, route = connection.execute(
            "SELECT signature.id, example_pair, route FROM signature JOIN epoch ON epoch.id = signature.epoch"
            " JOIN signature_count USING (epoch, id)"
            " GROUP BY epoch, signature.id ORDER BY candidate_version DESC, sum(n) DESC LIMIT 1"
        ).fetchone()
    busiest = route_name(0)
    return [
        "/",
        "/?window=7d",
        "/?window=28d",
        "/?stage=canary&verdict=blocked",
        "/?format=json&window=28d",
        f"/routes/{busiest}",
        f"/routes/{busiest}?window=7d",
        f"/routes/{busiest}?window=28d",
        f"/routes/{busiest}?format=json",
        "/differences",
        "/differences?page=9999",
        f"/differences?route={busiest}",
        "/differences?kind=values_changed&state=new&q=field1",
        "/differences?since=24h",
        "/differences?since=4d",
        "/differences?format=json",
        f"/differences/{signature}",
        f"/differences/{signature}?format=json",
        f"/pairs/{pair}",
        f"/pairs/{pair}/answers",
        "/system",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/status",
        "/api/v1/report",
        "/api/v1/report?since=24h",
        "/api/v1/report?since=4d",
        "/api/v1/report?since=15d",
        f"/api/v1/report?route={route}",
        "/api/v1/signatures",
        "/api/v1/signatures?since=7d",
        f"/api/v1/pairs/{pair}",
    ]


@contextmanager
def _instance(path: Path, table: Path) -> Iterator[int]:
    """A whole instance over the store; the port of its console."""
    listen, admin = free_port(), free_port()
    command = _command(
        "serve",
        *("--config", str(table), "--store", f"sqlite:///{path.absolute()}", "--workers", "1"),
        *("--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}"),
    )
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait(admin, process)
            yield admin
        finally:
            stop(process)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it is ready and the store has been brought up to date."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if _get(port, "/readyz")[0] == 200 and _get(port, "/api/v1/report")[0] == 200:
                return
        except (OSError, HTTPException):
            pass
        time.sleep(0.2)
    raise SystemExit("bench: the instance did not come up")


def _ask(port: int, one: Timed, speed: float) -> None:
    started = time.perf_counter()
    status, size = _get(port, one.name)
    one.took(1000 * (time.perf_counter() - started), speed)
    one.size = size
    one.refused += status != 200


def _get(port: int, address: str) -> tuple[int, int]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", address)
        answer = connection.getresponse()
        return answer.status, len(answer.read())


def _run(arguments: tuple[str, ...], path: Path, table: Path, admin: int, speed: float) -> Timed:
    one = Timed("strangler " + " ".join(arguments))
    here = ("--store", f"sqlite:///{path.absolute()}", "--config", str(table))
    command = _command(*arguments, *(("--admin", f"127.0.0.1:{admin}") if arguments == ("status",) else here))
    for _ in range(3):
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=False)
        one.took(1000 * (time.perf_counter() - started), speed)
        one.size = len(done.stdout)
        if done.returncode not in {0, 1}:
            raise SystemExit(f"bench: {one.name} ends with {done.returncode}:\n{done.stderr.decode(errors='replace')}")
    return one


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "console", *arguments]


def _lines(timed: list[Timed]) -> Iterator[str]:
    yield f"{'p50 ms':>8} {'worst':>8} {'scaled':>8} {'KB':>8}"
    for one in timed:
        document = one.document()
        late = "  over the bar" if one.name.startswith("/") and one.is_late else ""
        yield f"{document['p50_ms']:8.0f} {document['worst_ms']:8.0f} {document['scaled_worst_ms']:8.0f} {one.size / 1000:8.0f}  {one.name}{late}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the store is kept")
    parser.add_argument("--output", type=Path, default=documents.FOLDER / "pages.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
