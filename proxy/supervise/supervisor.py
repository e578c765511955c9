"""The supervisor's loop: keeps every child alive, gives them the table, tells the console, and ends them in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path

from proxy.model.control import ORPHAN_SECONDS, BrokenMessage, ControlChannel
from proxy.model.counted import fold
from proxy.model.counters import Counters
from proxy.model.settings import Settings
from proxy.model.stacks import SIGNAL, stacks_file
from proxy.status import ProcessStatus, State, status_document
from proxy.supervise.child import Child, Role, environment_of_children
from proxy.supervise.current_table import CurrentTable, Reading, Said
from proxy.supervise.notify import notify, notify_reloading
from proxy.supervise.ports import Port
from proxy.supervise.reap import reap_strangers
from proxy.supervise.take_over import Predecessor, offer
from proxy.supervise.terminal import Terminal
from proxy.supervise.watchdog import until_stuck, written_stacks

log = logging.getLogger(__name__)

DEATHS_BEFORE_START = 5
"""When a process that serves has died so often before all of them were ready once, the instance cannot start."""

KILL_MARGIN_SECONDS = 5.0
"""Beyond a child's grace, for handing over its last copies and counts (``proxy.taps``)."""


class Supervisor:
    """One instance. ``run`` returns the exit code: 0 drained, 1 cannot start, 128 + N ended at once by the second signal N.
    ``files`` are descriptors that all children have too."""

    def __init__(
        self,
        settings: Settings,
        roles: Sequence[Role],
        table: CurrentTable,
        ports: Mapping[str, Port],
        counters: Counters,
        predecessor: Predecessor | None = None,
        files: Sequence[int] = (),
    ) -> None:
        environment = environment_of_children(settings)
        self._roles = roles
        self._run_dir = Path(settings.run_dir)
        self._ports = ports
        self._counters = counters
        self._children = [
            Child(role, index, environment, self._ports[role.port].sockets if role.port else (), files)
            for role in roles
            for index in range(role.count)
        ]
        self._table = table
        self._listen = ports["data"].authority
        self._admin = ports["admin"].authority
        self._state = State.STARTING
        self._me = ProcessStatus("supervisor", 0, os.getpid(), 0, time.time(), ready=True)
        self._loop = asyncio.get_running_loop()
        self._exit_code: asyncio.Future[int] = self._loop.create_future()
        self._second_signal: int | None = None
        self._hurry = asyncio.Event()
        self._predecessor = predecessor
        self._alone = predecessor is None
        self._settings = settings
        self._offering: asyncio.Task[None] | None = None
        self._keepers: dict[Child, asyncio.Task[None]] = {}
        self._terminal = Terminal()

    async def run(self) -> int:
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)
        self._loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop_signal, number)
        # Two consoles on one port would give two answers: while somebody else's is there, ours waits.
        self._start_children([child for child in self._children if self._predecessor is None or not child.is_console])
        if self._predecessor is None:
            self._offer_ports()
        following = self._start_task(self._table.follow(self._table_read))
        following_certificates = self._start_task(self._table.certificates.follow(self._certificates_changed))
        code = await self._exit_code
        following.cancel()
        following_certificates.cancel()
        if self._offering is not None:
            self._offering.cancel()
        await self._drain()
        return code if self._second_signal is None else 128 + self._second_signal

    def _start_children(self, children: Sequence[Child]) -> None:
        for child in children:
            self._keepers[child] = self._start_task(self._keep(child))

    def _start_task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        task.add_done_callback(self._task_ended)
        return task

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        """None of our tasks may fail. If one does, an instance that nobody looks after must not go on."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.critical("the supervisor failed", exc_info=error)
            self._stop(1)

    # Children.

    async def _keep(self, child: Child) -> None:
        """Keep one place filled, until it is stopping."""
        while not child.stopping.is_set():
            how = await self._live(child)
            self._changed()
            if child.stopping.is_set():
                return
            pause = child.pause()
            log.error(
                "a process died and is started again",
                extra={"child": child.name, "how": how, "restarts": child.restarts, "pause": pause},
            )
            if self._state is State.STARTING and child.role.serves and child.deaths >= DEATHS_BEFORE_START:
                log.critical("cannot start: a process that serves dies again and again", extra={"child": child.name})
                self._stop(1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await child.stopping.wait()

    async def _live(self, child: Child) -> str:
        """One life of a child, from its start to its end; says how it ended."""
        try:
            channel = await child.start()
        except OSError as error:
            return f"not started: {error.strerror}"
        log.info("process started", extra={"child": child.name, "child_pid": child.pid})
        counters = f"{child.role.name}-{child.index}-{child.pid}"
        self._tell_table(child)
        self._changed()
        if child.stopping.is_set():  # we were told to end while it started
            self._end_soon(child)
        tasks = [self._start_task(self._hear(child, channel)), self._start_task(self._watch(child, child.pid or 0))]
        try:
            return await child.ended()
        finally:
            for task in tasks:
                task.cancel()
            (self._run_dir / f"{counters}.stacks").unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # a full disk: its files stay, and are read as before
                fold(self._run_dir, counters)

    async def _hear(self, child: Child, channel: ControlChannel) -> None:
        try:
            async for message in channel:
                match message:
                    case {"type": "beat"}:
                        child.silence.heard()
                    case {"type": "ready", "table_version": int(version)}:
                        child.ready, child.table_version = True, version
                        child.silence.heard()
                        self._child_ready()
                    case {"type": "rejected", "table_version": version, "reason": reason}:
                        log.error(
                            "a process rejected a table that we found good; it goes on with the one before",
                            extra={"child": child.name, "version": version, "mistakes": reason},
                        )
                    case {"type": "reload"}:
                        self._reload(Said.of(message))
                    case _:
                        log.warning(
                            "unknown control message", extra={"child": child.name, "message_type": message["type"]}
                        )
        except BrokenMessage as error:
            log.error("a process does not speak our language", extra={"child": child.name, "detail": str(error)})  # noqa: TRY400 - the peer's fault, our traceback tells nothing
        # A process without its channel cannot be led any more. It ends by itself, or not.
        await asyncio.sleep(ORPHAN_SECONDS)
        child.kill()

    async def _watch(self, child: Child, pid: int) -> None:
        """Replace a process whose loop does not turn, once it has served."""
        seconds = self._settings.watchdog
        while seconds:
            doing = await until_stuck(pid, child.silence, seconds)
            if not child.ready or child.stopping.is_set():
                continue
            silent = child.silence.seconds
            child.send_signal(SIGNAL)
            stacks = await written_stacks(stacks_file(self._run_dir, child.role.name, child.index, pid))
            if child.silence.seconds < silent:  # it woke up meanwhile
                log.warning("a process was stuck", extra={"child": child.name, "seconds": silent, "stacks": stacks})
                continue
            log.error(
                "a process is stuck and is killed",
                extra={"child": child.name, "doing": doing, "seconds": silent, "stacks": stacks},
            )
            self._counters.add("strangler_stuck", role=child.role.name)
            child.stuck += 1
            child.kill()
            return

    def _child_ready(self) -> None:
        if self._state is State.STARTING and all(child.ready for child in self._children if child.role.serves):
            self._state = State.READY
            took = int((time.time() - self._me.started_at) * 1000)
            log.info(
                "ready",
                extra={
                    "listen": f"{'https' if self._table.certificates.status else 'http'}://{self._listen}",
                    "admin": f"{'https' if self._settings.admin_cert else 'http'}://{self._admin}",
                    "table_version": self._table.version,
                    "took_ms": took,
                },
            )
            notify("READY=1", f"STATUS=serving on {self._listen}")
            if self._predecessor is not None:
                self._start_task(self._relieve(self._predecessor))
        self._changed()

    def _changed(self) -> None:
        processes = [self._me, *(child.status for child in self._children)]
        certificates = self._table.certificates.status
        status = status_document(self._state, self._table.status, self._listen, self._admin, processes, certificates)
        for child in self._children:
            child.tell({"type": "status", **status})

    def _reap(self) -> None:
        for child in self._children:
            child.reap()
        if os.getpid() == 1:  # the first process of a container inherits everybody's orphans
            reap_strangers({child.pid for child in self._children})

    # Table.

    def _reload(self, said: Said | None = None) -> None:
        notify_reloading()
        self._table.ask_for_reload(said)

    def _table_read(self, reading: Reading) -> None:
        if reading.result == "good":
            for child in self._children:
                self._tell_table(child)
        self._changed()
        if self._state is State.READY:
            notify("READY=1")

    def _tell_table(self, child: Child) -> None:
        """First the texts of the files that it names."""
        child.tell(self._table.certificates.message)
        child.tell(self._table.message)

    def _certificates_changed(self) -> None:
        for child in self._children:
            child.tell(self._table.certificates.message)
        self._changed()

    # Taking over and handing over.

    async def _relieve(self, predecessor: Predecessor) -> None:
        await predecessor.relieve()
        self._alone = True
        if not self._exit_code.done():
            self._start_children([child for child in self._children if child not in self._keepers])
            self._offer_ports()

    def _offer_ports(self) -> None:
        self._offering = self._start_task(offer(self._settings, self._ports, self._relieved))

    async def _relieved(self) -> None:
        """A successor serves: nobody needs our console any more, and our workers may stop accepting at once."""
        log.info("relieved: another instance has our ports")
        self._alone = False
        await self._end([child for child in self._children if child.is_console])
        self._stop(0)

    # The end.

    def _hang_up(self) -> None:
        if self._terminal.is_gone():
            self._stop_signal(signal.SIGHUP)
        else:
            self._reload()

    def _stop_signal(self, number: int) -> None:
        if not self._exit_code.done():
            log.info("draining", extra={"signal": signal.Signals(number).name})
            self._stop(0)
            return
        log.warning("stopping now", extra={"signal": signal.Signals(number).name})
        self._second_signal = number
        self._hurry.set()
        for child in self._children:
            child.stopping.set()
            child.kill()

    def _stop(self, code: int) -> None:
        if not self._exit_code.done():
            self._exit_code.set_result(code)

    async def _drain(self) -> None:
        """The console first learns that we are not ready any more; then everybody ends, in the order of the roles."""
        self._state = State.DRAINING
        self._changed()
        notify("STOPPING=1")
        if self._alone:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.drain_delay):
                    await self._hurry.wait()
        for role in self._roles:
            await self._end([child for child in self._children if child.role is role])

    async def _end(self, children: Sequence[Child]) -> None:
        keepers = [self._keepers[child] for child in children if child in self._keepers]
        for child in children:
            child.stopping.set()
            self._end_soon(child)
            if child.role.port:  # the children's are the last ones now, so their close is the end of the port
                self._ports[child.role.port].close()
        if not keepers:
            return
        await asyncio.wait(keepers, timeout=children[0].role.grace + KILL_MARGIN_SECONDS)
        for child in children:
            if child.pid is not None:
                log.warning("a process did not end in time and is killed", extra={"child": child.name})
                child.kill()
        await asyncio.wait(keepers)

    def _end_soon(self, child: Child) -> None:
        if self._second_signal is None:
            port = self._ports[child.role.port] if child.role.port else None
            last = self._alone and port is not None and not port.lasting
            child.tell({"type": "drain", "grace": child.role.grace, "last": last})
        else:
            child.kill()
