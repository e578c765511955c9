"""A supervisor in a process of its own, with tiny children; what they heard and what it logged can be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from proxy.model.settings import Settings

PATIENCE = 20.0
ROOT = Path(__file__).resolve().parents[3]
CHILD = Path(__file__).with_name("tiny_child.py")

PROGRAM = """
import json, sys
from proxy.model.settings import Settings
from proxy.supervise import supervisor
from proxy.supervise.child import Role
from proxy.supervise.start import supervise

for name, value in json.loads(sys.argv[2]).items():
    setattr(supervisor, name, value)
roles = [Role(**{**role, "command": tuple(role["command"]), "hears": frozenset(role["hears"])}) for role in json.loads(sys.argv[1])]
sys.exit(supervise(Settings.from_environment(), lambda settings: roles))
"""

TABLE = "version: 1\nbackends:\n  legacy: { url: 'http://127.0.0.1:1' }\n"

Value = TypeVar("Value")


def role(name: str, behaviour: str = "serve", count: int = 1, grace: float = 5.0) -> dict[str, Any]:
    hears = {"proxy": ["table"], "console": ["table", "status"]}.get(name, [])
    command = [sys.executable, str(CHILD), name, behaviour]
    return {"name": name, "count": count, "command": command, "hears": hears, "grace": grace, "serves": name == "proxy"}


def roles(**behaviours: str) -> list[dict[str, Any]]:
    return [role(name, behaviours.get(name, "serve")) for name in ("proxy", "shadow", "console")]


def until(read: Callable[[], Value | None], what: str) -> Value:
    """Wait until ``read`` gives something true."""
    deadline = time.monotonic() + PATIENCE
    while not (value := read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)
    return value


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


class Instance:
    """``run_dir`` is given, so that what children heard is still there after the end. ``times`` are constants of the supervisor."""

    def __init__(
        self,
        directory: Path,
        wanted: list[dict[str, Any]],
        env: dict[str, str] | None = None,
        times: dict[str, float] | None = None,
        **changes: Any,
    ) -> None:
        self.directory = directory
        self.run_dir = directory / "run"
        self.config = directory / "routes.yaml"
        self.seen_pids: set[int] = set()
        self._log = directory / "log"
        settings = Settings(
            listen_port=0, admin_port=0, log_format="json", secret=str(directory / "key"), run_dir=str(self.run_dir)
        ).with_(**({"config": str(self.config)} | changes))
        with self._log.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, json.dumps(wanted), json.dumps(times or {})],
                stdin=subprocess.DEVNULL,
                stderr=sink,
                cwd=ROOT,
                env={**os.environ, **settings.to_environment(), **(env or {})},
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for line in self.log.splitlines(keepends=True)
            if line.startswith("{") and line.endswith("\n")
        ]

    def event(self, event: str, **fields: Any) -> dict[str, Any]:
        """The first such event, waited for."""

        def find() -> dict[str, Any] | None:
            return next((e for e in self.events if e["event"] == event and fields.items() <= e.items()), None)

        return until(find, f"{event} {fields} in\n{self.log}")

    def heard(self, child: str) -> list[dict[str, Any]]:
        """What the tiny child ``proxy-0`` and so on heard, in all of its lives."""
        try:
            text = (self.run_dir / f"{child}.heard").read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def hears(self, child: str, **fields: Any) -> dict[str, Any]:
        """The first such message, waited for."""

        def find() -> dict[str, Any] | None:
            return next((m for m in self.heard(child) if fields.items() <= m.items()), None)

        return until(find, f"{child} hears {fields}, log:\n{self.log}")

    @property
    def status(self) -> dict[str, Any]:
        """What the console heard last."""
        statuses = [message for message in self.heard("console-0") if message["type"] == "status"]
        return statuses[-1] if statuses else {"state": None, "processes": []}

    def process_status(self, name: str, index: int = 0) -> dict[str, Any]:
        (found,) = [p for p in self.status["processes"] if (p["role"], p["index"]) == (name, index)]
        return dict(found)

    def ready(self) -> None:
        until(lambda: self.status["state"] == "ready" and all(p["ready"] for p in self.status["processes"]), self.log)
        self.seen_pids |= {process["pid"] for process in self.status["processes"]}

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def running(directory: Path, wanted: list[dict[str, Any]] | None = None, **changes: Any) -> Iterator[Instance]:
    """An instance that was started, ended hard afterwards if a test has not ended it."""
    config = directory / "routes.yaml"
    if not config.exists():
        config.write_text(TABLE)
    instance = Instance(directory, roles() if wanted is None else wanted, **changes)
    try:
        yield instance
    finally:
        if instance.process.poll() is None:
            instance.process.kill()
            instance.process.wait()
