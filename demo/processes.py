"""The demo's child processes: started in sessions of their own, so that Ctrl-C reaches them through us, in order."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks the demo to end."""


class CannotStart(Exception):
    """A sentence that says what is in the way and what to do."""


def free_port() -> int:
    """One below those that the kernel takes for outgoing connections: no such connection can get it meanwhile."""
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


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

    def end(self, hurry: Sequence[int] = (), patience: float = 15.0) -> None:
        """SIGTERM; once ``hurry`` holds something or patience is over, a second one, which means at once; then SIGKILL."""
        for seconds, until in ((patience, hurry), (2.0, ())):
            if not self.ended:
                self._process.terminate()
            deadline = time.monotonic() + seconds
            while not self.ended and not until and time.monotonic() < deadline:
                time.sleep(0.02)
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


def add(children: list[Child], child: Callable[[], Child]) -> None:
    """Start one more. A Ctrl-C meanwhile waits until it is in the list, for what is in there is ended."""
    with undisturbed() as interruptions:
        children.append(child())
    if interruptions:
        raise KeyboardInterrupt


def end_all(children: list[Child]) -> None:
    """In the order of ``children``. However often somebody presses Ctrl-C, it goes quicker and nobody is left behind."""
    with undisturbed() as interruptions:
        for child in children:
            child.end(hurry=interruptions)


@contextmanager
def undisturbed() -> Iterator[list[int]]:
    """Signals that ask for an end are only noted, in the list."""
    noted: list[int] = []
    before = {number: signal.signal(number, lambda number, _: noted.append(number)) for number in ENDINGS}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False
