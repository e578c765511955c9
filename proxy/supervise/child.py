"""One child: a place in the instance (role and index) that is filled by one process after the other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import proxy
from proxy.model import passed
from proxy.model.control import FD_VARIABLE, INDEX_VARIABLE, ControlChannel
from proxy.model.settings import Settings
from proxy.status import ProcessStatus
from proxy.supervise import back_off, notify, turns
from proxy.supervise.silence import Silence


@dataclass(frozen=True, slots=True)
class Role:
    """``count`` processes of one kind. ``hears`` are the messages it gets beside ``drain``; ``grace`` is how long it may take
    to end, in seconds, beyond which it is killed. Without one marked ``serves`` ready, the instance is not ready. ``port`` is
    the one whose listening sockets it shares with the others of its role. ``nice`` is how far it stands back, in steps of
    nice(2), where processors are short: whoever answers users does not wait for those who do not. ``short_turns``: it gets the
    processor as soon as it has something to do, not when who has it has finished its turn (``proxy.supervise.turns``)."""

    name: str
    count: int
    command: tuple[str, ...]
    hears: frozenset[str] = frozenset()
    grace: float = 10.0
    serves: bool = False
    port: Literal["data", "admin"] | None = None
    nice: int = 0
    short_turns: bool = False


def default_roles(settings: Settings) -> tuple[Role, ...]:
    """In the order in which they are drained: first who produces, then who records it, then who tells of it."""
    # -P: a folder named proxy where strangler is started must not be taken for ours.
    python = (sys.executable, "-P", "-m")
    return (
        Role(
            "proxy",
            settings.workers,
            (*python, "proxy"),
            frozenset({"table", "certificates"}),
            settings.grace,
            serves=True,
            port="data",
            short_turns=True,
        ),
        Role("shadow", settings.shadow_workers, (*python, "shadow"), nice=10),
        Role("console", 1, (*python, "console.admin"), frozenset({"table", "status"}), grace=3.0, port="admin", nice=5),
    )


class Child:
    """Starts processes and knows the present one. ``deaths`` are those in a row, ``restarts`` all of them, ``stuck``
    those that the watchdog caused. ``sockets`` and ``files`` (descriptors) are open in each of them, under the same numbers."""

    def __init__(
        self,
        role: Role,
        index: int,
        environment: Mapping[str, str],
        sockets: Sequence[socket.socket] = (),
        files: Sequence[int] = (),
    ) -> None:
        self.role = role
        self.index = index
        self.ready = False
        self.table_version = 0
        self.restarts = 0
        self.deaths = 0
        self.stuck = 0
        self.stopping = asyncio.Event()
        self._environment = environment
        self._sockets = sockets
        self._files = files
        self._process: subprocess.Popen[bytes] | None = None
        self._exited = asyncio.Event()
        self._channel: ControlChannel | None = None
        self._started_at = 0.0
        self._started = 0.0
        self.silence = Silence(0.0)

    async def start(self) -> ControlChannel:
        """Start the next process. Raises OSError if the machine cannot."""
        self.ready = False
        self.table_version = 0
        self._started_at, self._started = time.time(), time.monotonic()
        self.silence = Silence(self._started)
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(ours.close)
            with theirs:
                self._exited.clear()
                self._process = self._spawn(theirs.fileno())
            on_failure.pop_all()
        self._channel = await ControlChannel.over(ours)
        return self._channel

    def _spawn(self, descriptor: int) -> subprocess.Popen[bytes]:
        # A process group of its own: Ctrl-C is for the supervisor, which then drains the children in order.
        process = subprocess.Popen(
            self.role.command,
            env={
                **self._environment,
                FD_VARIABLE: str(descriptor),
                INDEX_VARIABLE: str(self.index),
                passed.VARIABLE: passed.numbers_of(self._sockets),
            },
            stdin=subprocess.DEVNULL,
            pass_fds=(descriptor, *(one.fileno() for one in self._sockets), *self._files),
            process_group=0,
        )
        with contextlib.suppress(OSError):  # it has ended already, or a sandbox forbids it: no start fails for that
            if self.role.nice:
                os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + self.role.nice)
            if self.role.short_turns:
                turns.shorten(process.pid)
        return process

    @property
    def name(self) -> str:
        return f"{self.role.name}/{self.index}"

    @property
    def is_console(self) -> bool:
        """Whether it speaks for the instance on the admin port."""
        return self.role.port == "admin"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def tell(self, message: dict[str, Any]) -> None:
        if self._channel is not None and message["type"] in self.role.hears | {"drain"}:
            self._channel.send(message)

    def reap(self) -> None:
        """Take the exit status if the process has ended."""
        if self._process is not None and self._process.poll() is not None:
            self._exited.set()

    async def ended(self) -> str:
        """Wait for the end of the process; says how it ended."""
        await self._exited.wait()
        code = self._process.returncode if self._process is not None else 0
        self._gone()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _gone(self) -> None:
        self._process = None
        self.ready = False
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def pause(self) -> float:
        """How long to wait before the next start, now that the process died. Counts the death."""
        self.deaths = back_off.deaths_in_a_row(self.deaths, time.monotonic() - self._started)
        self.restarts += 1
        return back_off.pause(self.deaths, at_once=self.role.serves)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    @property
    def status(self) -> ProcessStatus:
        return ProcessStatus(
            self.role.name,
            self.index,
            self.pid,
            self.restarts,
            self._started_at,
            self.ready,
            self.table_version,
            self.stuck,
        )

    def __repr__(self) -> str:
        return f"<Child {self.name} pid {self.pid}>"


def environment_of_children(settings: Settings) -> dict[str, str]:
    """Ours, with the settings, and with the way to our packages where they are not installed (a checkout)."""
    environment = {**os.environ, **settings.to_environment()}
    environment.pop(notify.VARIABLE, None)  # only the supervisor speaks for the instance
    home = str(Path(proxy.__file__).parents[1])
    if home not in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (home, environment.get("PYTHONPATH"))))
    return environment
