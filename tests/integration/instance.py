"""A whole running strangler: ``strangler serve`` as users start it, with its own ports, store and key."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from demo.processes import free_port

_numbers = itertools.count()


class Instance:
    """``port`` takes the users' requests, ``admin_port`` is the console's; ``log`` is what serve said. ``like``: on the ports of
    that one. ``sink``: a descriptor that takes the log instead."""

    def __init__(
        self,
        directory: Path,
        options: list[str],
        env: dict[str, str] | None = None,
        like: Instance | None = None,
        sink: int | None = None,
    ) -> None:
        self.directory = directory
        self.port, self.admin_port = (like.port, like.admin_port) if like else (free_port(), free_port())
        self.store = f"sqlite:///{directory / 'strangler.db'}"
        self._log = directory / f"serve-{next(_numbers)}.log"
        command = [*(sys.executable, "-m", "console", "serve"), "--listen", f"127.0.0.1:{self.port}"]
        command += ["--admin", f"127.0.0.1:{self.admin_port}", "--store", self.store]
        command += ["--secret", str(directory / "strangler.key"), *options]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log if sink is None else sink,
                stderr=log if sink is None else sink,
                cwd=directory,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **(env or {})},
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def admin(self, path: str, timeout: float = 5.0) -> tuple[int, bytes]:
        """GET ``path`` of the admin port: status and body, whatever the status; (0, b"") if nobody answers."""
        try:
            with urlopen(Request(f"http://127.0.0.1:{self.admin_port}{path}"), timeout=timeout) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()
        except (URLError, OSError):
            return 0, b""

    def status(self) -> dict[str, Any]:
        """The status document; ``strangler status --format json`` prints the same."""
        return dict(json.loads(self.admin("/api/v1/status")[1]))

    def report(self) -> dict[str, dict[str, Any]]:
        """The shadow-diff report by route."""
        return {route["route"]: route for route in json.loads(self.admin("/api/v1/report")[1])["routes"]}

    def pids(self, role: str) -> list[int]:
        return [process["pid"] for process in self.status()["processes"] if process["role"] == role]

    def wait_ready(self, patience: float = 30.0) -> None:
        deadline = time.monotonic() + patience
        while self.admin("/readyz")[0] != 200:
            assert self.process.poll() is None, f"serve ended with {self.process.returncode}:\n{self.log}"
            assert time.monotonic() < deadline, f"not ready after {patience} s:\n{self.log}"
            time.sleep(0.05)

    def end(self, patience: float = 40.0) -> int:
        """SIGTERM, wait, return the exit code. SIGKILL for what does not end, which is a failure of the test."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"serve did not end on SIGTERM:\n{self.log}") from None
        return int(self.process.returncode)


@contextmanager
def running(directory: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[Instance]:
    """A ready instance, ended (and waited for) afterwards."""
    instance = Instance(directory, list(options), env)
    try:
        instance.wait_ready()
        yield instance
    finally:
        instance.end()
