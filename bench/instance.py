"""One instance of ours over one origin, for the benches that look at nobody else."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from bench import origin, processes
from bench.peers import strangler
from bench.processes import Core
from bench.scene import Scene, free_port

MB = 1e6
READY_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Instance:
    """``pid`` is the supervisor's."""

    scene: Scene
    admin_port: int
    pid: int

    def workers(self) -> list[int]:
        return [pid for pid, line in processes.tree(self.pid).items() if strangler.is_live_path(line)]

    def shadow_worker(self) -> int:
        (found,) = (pid for pid, line in processes.tree(self.pid).items() if line.endswith("-m shadow"))
        return found

    def wait_until_complete(self) -> None:
        """It answers users before its shadow worker is there."""
        deadline = time.monotonic() + READY_SECONDS
        while not all(one["ready"] for one in self.status()["processes"]):
            if time.monotonic() > deadline:
                raise SystemExit(f"bench: a process is not ready: {self.status()['processes']}")
            time.sleep(0.05)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._asked("/api/v1/status"))
        return found

    @property
    def store(self) -> Path:
        return self.scene.directory / "strangler.db"

    def counters(self, name: str) -> dict[tuple[str, ...], float]:
        """A counter of ``/metrics`` by the values of its labels, in the order of their names."""
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self._asked("/metrics"))
            if family.name == name
            for sample in family.samples
            if sample.name == f"{name}_total"
        }

    def _asked(self, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=30) as answer:
            return str(answer.read().decode())


@contextmanager
def constants(directory: Path, *, core: Core) -> Iterator[tuple[int, int, int]]:
    """The origin with constant answers: its two ports and its process."""
    directory.mkdir()
    ports, log = (free_port(), free_port()), directory / "origin.log"
    process = processes.start(origin.command(directory, *ports), core=core, log=log)
    try:
        processes.wait_until_it_answers(ports[0], process, log)
        yield *ports, process.pid
    finally:
        processes.stop(process)


@contextmanager
def instance(
    directory: Path,
    legacy_port: int,
    *options: str,
    core: Core,
    table: str = "",
    workers: int = 1,
    interpreted: bool = False,
) -> Iterator[Instance]:
    """Without a ``table`` it has those 50 routes that all peers of the bench have; the same backend is both sides of them."""
    directory.mkdir()
    scene, admin_port = Scene(directory, free_port(), legacy_port, legacy_port, routes=50), free_port()
    log = directory / "output.log"
    command = strangler.serve(scene, table or strangler.table(scene), admin_port, *options, workers=workers)
    if interpreted:
        command[0] = sys.executable
    process = processes.start(command, core=core, log=log)
    try:
        processes.wait_until_it_answers(scene.port, process, log)
        running = Instance(scene, admin_port, process.pid)
        running.wait_until_complete()
        yield running
    finally:
        processes.stop(process)
