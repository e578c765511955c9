"""The demo's child processes: started in sessions of their own, so that Ctrl-C reaches them through us, in order."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen


class CannotStart(Exception):
    """A sentence that says what is in the way and what to do."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(address: str, option: str) -> str:
    """``address`` (HOST:PORT) with port 0 resolved; raises CannotStart if somebody listens there already."""
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except (OSError, ValueError) as error:
            raise CannotStart(
                f"cannot listen on {address}: {error}. End what runs there, or choose another: {option}=127.0.0.1:0 make demo"
            ) from error
        return f"{host}:{probe.getsockname()[1]}"


class Child:
    """One started program and the log file that takes its output."""

    def __init__(self, name: str, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                env={**os.environ, **(env or {})},
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def end(self, patience: float = 15.0) -> None:
        """SIGTERM, and SIGKILL for what does not listen."""
        if self.ended:
            return
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait_ready(self, url: str, patience: float = 30.0) -> None:
        """Until ``url`` answers 200; raises CannotStart with the end of the log."""
        deadline = time.monotonic() + patience
        while not _answers(url):
            if self.ended or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-1500:]
                raise CannotStart(f"{self.name} did not start; the end of {self.log}:\n{tail}")
            time.sleep(0.05)


def monolith(port: int, directory: Path) -> Child:
    """httpbin under gunicorn: one worker with threads, as a small shop would run it."""
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "16"]
    command += ["--keep-alive", "30", "--no-control-socket", "httpbin:app"]
    return Child("the monolith (httpbin)", command, directory / "monolith.log")


def new_service(port: int, directory: Path) -> Child:
    return Child(
        "the new service",
        [sys.executable, "-m", "demo.new_service", "--port", str(port)],
        directory / "new_service.log",
    )


def end_all(children: list[Child], announce: Callable[[str], None] = lambda _: None) -> None:
    """In the order of ``children``; a second Ctrl-C does not leave anybody behind."""
    for child in children:
        try:
            announce(f"ending {child.name}")
            child.end()
        except KeyboardInterrupt:
            child.end(patience=0.5)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False
