"""A proxy worker: one process, one event loop, listening sockets that it shares with the other workers.

It gets its table from the supervisor over the control channel, answers ``ready`` once it accepts, and ends when told to
drain, or when the supervisor is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop

from proxy import http2
from proxy.access_log import AccessLog
from proxy.listen.listener import Listener
from proxy.listen.tls import NO_TEXTS, BadCertificate, CertificateTexts, ServerTls
from proxy.live_path import TICK_SECONDS, LivePath
from proxy.model.control import ControlChannel
from proxy.model.counters import Counters
from proxy.model.log import set_up_logging
from proxy.model.packed import BadPacked, unpack
from proxy.model.passed import passed_sockets
from proxy.model.settings import Settings
from proxy.model.stacks import write_stacks_when_asked
from proxy.routing import Routing

log = logging.getLogger(__name__)

ORPHAN_GRACE = 5.0
"""Seconds for requests in flight when the supervisor is gone; then the worker ends, whatever is left."""

SHADOW_SECONDS = 2.0
"""How long a worker that serves waits for the shadow worker before it says that it is ready."""

SETTLE_SECONDS = 0.25
"""How long handshakes under way may take when a listening socket ends with us."""


def main() -> int:
    settings = Settings.from_environment()
    index = int(os.environ.get("STRANGLER_INDEX", "0"))
    set_up_logging(settings, "proxy", index)
    write_stacks_when_asked(settings.run_dir, "proxy", index)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the supervisor drains us
    _take_all_descriptors()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(Worker(settings, index).run())


def _take_all_descriptors() -> None:
    """The soft limit is for programs that use select(); we may have what the hard one allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Worker:
    """Wires the live path to its process: control channel, listening socket, signals, clock."""

    def __init__(self, settings: Settings, index: int) -> None:
        self._settings = settings
        self._name = f"proxy-{index}-{os.getpid()}"
        self._secret = Path(settings.secret).read_bytes()
        self._counters = Counters(Path(settings.run_dir), self._name)
        self._live: LivePath | None = None
        self._sockets = passed_sockets()
        self._listener: Listener | None = None
        self._texts = NO_TEXTS
        self._drained = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None

    async def run(self) -> int:
        channel = await ControlChannel.open()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._drain_on_signal, channel)
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(loop.create_task(channel.beat()).cancel)
            async for message in channel:
                match message["type"]:
                    case "certificates":
                        await self._take_certificates(CertificateTexts.from_message(message))
                    case "table":
                        await self._take_table(message, channel, stack)
                    case "drain":
                        self._drain_soon(message["grace"], last=message["last"])
                        await self._drained.wait()
                        return 0
                    case unknown:
                        log.warning("unknown control message", extra={"message_type": unknown})
            if not self._drained.is_set():
                log.warning("the supervisor is gone; ending")
            self._drain_soon(ORPHAN_GRACE, last=False)  # whose the sockets are now, we cannot know
            await self._drained.wait()
        return 0

    async def _take_table(
        self, message: dict[str, Any], channel: ControlChannel, stack: contextlib.AsyncExitStack
    ) -> None:
        """Index it in a thread, so that a large table does not stop the loop; then swap."""
        version = message["version"]
        try:
            routing = await asyncio.to_thread(self._routing, message)
            tls = await asyncio.to_thread(self._server_tls, routing)
        except (BadPacked, BadCertificate) as error:
            # The supervisor loaded it with the same code, so this is a fault of ours: keep what works.
            channel.send({"type": "rejected", "table_version": version, "reason": str(error)})
            return
        if self._live is None:
            live = await self._start(routing, tls, stack)
            stack.callback(live.loop.create_task(self._ready(live, channel)).cancel)
            return
        self._live.use(routing)
        self._come_in(routing, tls)
        channel.send({"type": "ready", "table_version": version})

    async def _ready(self, live: LivePath, channel: ControlChannel) -> None:
        """Users are served already. Who waits for us to be ready, and sends something to be compared, wants it copied; yet a shadow worker that
        does not come keeps nobody (promise 6)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHADOW_SECONDS):
                await live.tap.up()
        channel.send({"type": "ready", "table_version": live.routing.table.version})

    async def _take_certificates(self, texts: CertificateTexts) -> None:
        """Files have changed, or a table comes next that names others; then it is the one that says what they are for."""
        self._texts = texts
        routing = self._live.routing if self._live is not None else None
        if routing is None or routing.table.listen.tls is None or not texts.hold(routing.table.listen.tls):
            return
        try:
            self._come_in(routing, await asyncio.to_thread(self._server_tls, routing))
        except BadCertificate:  # a fault of ours: keep what works
            log.exception("certificates that the supervisor found good are bad")

    def _come_in(self, routing: Routing, tls: ServerTls | None) -> None:
        """From the next connection on."""
        assert self._listener is not None
        self._listener.doorway.use(routing.table.listen, tls)

    def _server_tls(self, routing: Routing) -> ServerTls | None:
        """Raises BadCertificate."""
        listen = routing.table.listen
        return ServerTls(listen.tls, self._texts, http2=listen.http2) if listen.tls is not None else None

    def _routing(self, message: dict[str, Any]) -> Routing:
        """Raises BadPacked."""
        table = replace(unpack(message["table"]), version=message["version"])
        if table.listen.http2:
            http2.load()
        routing = Routing(table, self._secret)
        routing.plans()  # the loop shall find them made
        return routing

    async def _start(self, routing: Routing, tls: ServerTls | None, stack: contextlib.AsyncExitStack) -> LivePath:
        settings = self._settings
        access_log = stack.enter_context(AccessLog(settings, self._counters))
        live = self._live = LivePath(settings, routing, self._secret, self._counters, access_log, self._name)
        listener = self._listener = Listener(live, self._sockets)
        self._come_in(routing, tls)
        listener.open()
        for task in (self._tick(live, listener), live.tap.run()):
            running = live.loop.create_task(task)
            stack.callback(running.cancel)
        # What was made until now stays for good: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        return live

    async def _tick(self, live: LivePath, listener: Listener) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            live.tick()
            listener.tick()

    def _drain_on_signal(self, channel: ControlChannel) -> None:
        """Not told by the supervisor, so the end of our own channel ends the loop that listens to it."""
        self._drain_soon(self._settings.grace, last=False)
        assert self._draining is not None
        self._draining.add_done_callback(lambda _: channel.close())

    def _drain_soon(self, grace: float, *, last: bool) -> None:
        if self._draining is None:  # a drain is not cut short by being asked for twice
            self._draining = asyncio.get_running_loop().create_task(self._drain(grace, last=last))

    async def _drain(self, grace: float, *, last: bool) -> None:
        """Take nothing new, finish what is under way, hand over the last counts. ``last``: nobody else will accept what waits."""
        live = self._live
        if live is None or self._listener is None:
            self._drained.set()
            return
        live.drain()
        await self._listener.close(SETTLE_SECONDS if last else 0.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await live.emptied.wait()
        live.cut()
        live.backends.close()
        await live.tap.close()
        self._drained.set()
