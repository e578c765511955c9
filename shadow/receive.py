"""The receiving end of the tap: a Unix socket on which proxy workers hand over plans, exchanges and counts.

Reading never waits for anything: what there is no room for is dropped and counted by the intake.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import stat
from pathlib import Path
from typing import Any, Final, Protocol

from proxy.model.exchange import Exchange
from proxy.model.frames import BrokenFrame, FrameReader, Kind, decode_exchange, encode_done
from proxy.model.plan import Plan, decode_plans
from shadow.inbox import Receipt

log = logging.getLogger(__name__)

DONE_SECONDS: Final = 0.02
"""How long receipts are gathered before they go back together."""

MAX_DONE_WAITING: Final = 64 * 1024
"""Bytes of receipts for a worker that does not read them. The next receipt says all that they say."""

MAX_UNIX_PATH: Final = 107

Counts = dict[str, dict[str, int]]
"""Route -> name -> cumulative number."""


class Intake(Protocol):
    """Where it all goes. No method may wait or raise."""

    def take_plans(self, plans: dict[str, Plan]) -> None: ...

    def take_exchange(self, exchange: Exchange, plan: Plan | None, size: int, receipt: Receipt) -> None: ...

    def take_counts(self, source: str, counts: Counts, plans: dict[str, Plan]) -> None: ...


class Receiver:
    """Listens at ``path``; use ``start``, then ``finish``."""

    def __init__(self, path: Path, intake: Intake) -> None:
        self._path = path
        self._intake = intake
        self._links: set[Link] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises OSError, with a sentence, if the socket cannot be made."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: Link(self._intake, self._links), sock=_listening_socket(self._path)
        )

    async def finish(self, seconds: float) -> None:
        """Accept no more, read what closing workers have still sent for at most ``seconds``, then let go of the others."""
        if self._server is not None:
            self._server.close()
        if self._links:
            await asyncio.wait([link.gone for link in self._links], timeout=seconds)
        for link in self._links:
            link.stop_reading()

    def close(self) -> None:
        """Send the last receipts and close the connections."""
        for link in list(self._links):
            link.close()


class Link(asyncio.Protocol):
    """One proxy worker's connection. Its plans are its own: during a reload workers have different tables for a moment."""

    transport: asyncio.Transport

    def __init__(self, intake: Intake, links: set[Link]) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._intake = intake
        self._links = links
        self._reader = FrameReader()
        self._plans: dict[str, Plan] = {}
        self._plans_before: dict[str, Plan] = {}
        self._done = 0
        self._flush: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name
        self._links.add(self)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        self._links.discard(self)
        if self._flush is not None:
            self._flush.cancel()
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            for kind, payload in self._reader.feed(data):
                self._take(kind, payload)
        except BrokenFrame as error:
            log.warning("broken frame on the tap; closing the connection", extra={"reason": str(error)})
            self.transport.abort()

    def dealt_with(self, count: int) -> None:
        """``count`` more exchanges of this connection are recorded, or counted as not recorded."""
        self._done += count
        if self._flush is None and not self.transport.is_closing():
            self._flush = asyncio.get_running_loop().call_later(DONE_SECONDS, self._send_done)

    def stop_reading(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def close(self) -> None:
        self._send_done()
        self.transport.close()

    def _take(self, kind: Kind, payload: bytes) -> None:
        match kind:
            case Kind.PLANS:
                self._take_plans(payload)
            case Kind.EXCHANGE:
                exchange = decode_exchange(payload)
                self._intake.take_exchange(exchange, self._plan_for(exchange), len(payload), self)
            case Kind.COUNTS:
                source, counts = _decode_counts(payload)
                self._intake.take_counts(source, counts, self._plans)
            case Kind.DONE:
                raise BrokenFrame("a receipt, which only we send")

    def _take_plans(self, payload: bytes) -> None:
        try:
            plans = decode_plans(payload)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BrokenFrame(f"not plans: {type(error).__name__}") from error
        self._plans_before, self._plans = self._plans, plans
        self._intake.take_plans(plans)

    def _plan_for(self, exchange: Exchange) -> Plan | None:
        """The plan under which it was captured: requests that began before a reload end after it."""
        for plans in (self._plans, self._plans_before):
            plan = plans.get(exchange.route)
            if plan is not None and plan.table_version == exchange.table_version:
                return plan
        return self._plans.get(exchange.route)

    def _send_done(self) -> None:
        self._flush = None
        if not self.transport.is_closing() and self.transport.get_write_buffer_size() < MAX_DONE_WAITING:
            self.transport.write(encode_done(self._done))


def _decode_counts(payload: bytes) -> tuple[str, Counts]:
    try:
        frame: dict[str, Any] = json.loads(payload)
        counts = {
            str(route): {str(name): int(number) for name, number in numbers.items()}
            for route, numbers in frame["counts"].items()
        }
        return str(frame["source"]), counts
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BrokenFrame(f"not counts: {type(error).__name__}") from error


def _listening_socket(path: Path) -> socket.socket:
    """A stale socket of a worker that died is removed; anything else at ``path`` is not ours to remove."""
    if len(os.fsencode(path)) > MAX_UNIX_PATH:
        raise OSError(f"{path} is too long for a Unix socket ({MAX_UNIX_PATH} bytes): choose a shorter run directory")
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        path.chmod(0o600)
        listening.listen(128)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening
