"""The tap: hands captured exchanges to the shadow worker. Bounded, lossy, counted, never awaited (promises 1 and 6).

It keeps the route of every exchange it sent until the shadow says that it is dealt with, so that what a dead shadow
worker takes with it is counted against the right route.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.model.decision import Skip
from proxy.model.frames import BrokenFrame, FrameReader, Kind, decode_done, encode, encode_exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.model.exchange import Exchange
    from proxy.tally import Meters

RECONNECT_SECONDS = 0.05
COUNTS_SECONDS = 1.0
GATHER_SECONDS = 0.005
GATHER_BYTES = 64 * 1024
"""What comes within this time goes out at once, or earlier when it is so much. To hand over each exchange by itself wakes the shadow worker for each: a
call of the system and a signal to another processor, on the live path, and nobody waits for a copy."""


class Tap:
    """One proxy worker's way to one shadow worker. ``plans`` gives the encoded plans of the table in force. ``counts``: whether it
    carries the counts, too; ``dropped`` is told of exchanges that this shadow worker will never deal with."""

    def __init__(
        self,
        path: Path,
        source: str,
        limit: int,
        meters: Meters,
        plans: Callable[[], bytes],
        *,
        counts: bool = True,
        dropped: Callable[[Skip, int], None] = lambda skip, count: None,  # noqa: ARG005 - nobody wants to know
    ) -> None:
        self._path = path
        self._source = source
        self._limit = limit
        self._meters = meters
        self._plans = plans
        self._counts = counts
        self._dropped = dropped
        self._link: _Link | None = None
        self._sent_counts: dict[str, dict[str, int]] = {}
        self._plans_due = False
        self._closing = False
        self.was_up = asyncio.Event()
        """Once the first link is there."""

    def offer(self, exchange: Exchange) -> Skip | None:
        """Take the exchange, or say why not. Costs a copy into a buffer, never a wait."""
        link = self._link
        if link is None or link.transport.is_closing():
            self._dropped(Skip.TAP_DOWN, 1)
            return Skip.TAP_DOWN
        if not self._has_room(link):
            self._dropped(Skip.TAP_FULL, 1)
            return Skip.TAP_FULL
        if self._plans_due:
            self._send_plans(link)
        link.sent.append(exchange.route)
        link.put(encode_exchange(exchange), exchanges=1)
        return None

    @property
    def waiting_bytes(self) -> int:
        return self._link.waiting_bytes if self._link else 0

    @property
    def unfinished(self) -> int:
        """Exchanges sent that the shadow has not dealt with yet."""
        return len(self._link.sent) if self._link else 0

    def table_changed(self) -> None:
        """The new plans go out before the next exchange."""
        self._plans_due = True
        if self._link is not None and self._has_room(self._link):
            self._send_plans(self._link)

    def _has_room(self, link: _Link) -> bool:
        return link.waiting_bytes <= self._limit

    def _send_plans(self, link: _Link) -> None:
        self._plans_due = False
        link.put(encode(Kind.PLANS, self._plans()))

    async def run(self) -> None:
        """Keep the link up and the counts flowing, until cancelled."""
        loop = asyncio.get_running_loop()
        while not self._closing:
            try:
                _, link = await loop.create_unix_connection(lambda: _Link(self._lost), str(self._path))
            except OSError:
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            self._send_plans(link)
            self._sent_counts = {}
            self._link = link
            self.was_up.set()
            while not link.gone.is_set():
                self.send_counts()
                try:
                    async with asyncio.timeout(COUNTS_SECONDS):
                        await link.gone.wait()
                except TimeoutError:
                    pass
            await asyncio.sleep(
                RECONNECT_SECONDS
            )  # a shadow that takes connections only to drop them keeps nobody busy

    def send_counts(self) -> None:
        """What changed since the last time, as cumulative numbers: sending them twice, or later, does no harm."""
        if self._link is None or not self._has_room(self._link):
            return
        if self._plans_due:
            self._send_plans(self._link)
        if not self._counts:
            return
        counts = self._meters.cumulative()
        changed = {route: numbers for route, numbers in counts.items() if self._sent_counts.get(route) != numbers}
        if changed:
            self._sent_counts = counts
            frame = encode(Kind.COUNTS, json.dumps({"source": self._source, "counts": changed}).encode())
            self._link.put(frame)

    async def hand_over(self, seconds: float) -> None:
        """Wait, within a bound, until what was offered is with the shadow worker. What is not by then is lost, and counted."""
        link = self._link
        if link is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await link.handed_over()
        except TimeoutError:
            self._count_lost(link, link.drop_exchanges())

    async def close(self, seconds: float) -> None:
        """Send the last counts and end, within a bound. What is offered from now on is refused."""
        self._closing = True
        link = self._link
        if link is None:
            return
        self.send_counts()
        self._link = None
        link.end()
        try:
            async with asyncio.timeout(seconds):
                await link.gone.wait()
        except TimeoutError:
            link.transport.abort()

    def _lost(self, link: _Link) -> None:
        if link is self._link:
            self._link = None
        if not self._closing:
            self._count_lost(link, len(link.sent))

    def _count_lost(self, link: _Link, count: int) -> None:
        """The newest ``count`` of those that were sent."""
        for _ in range(count):
            self._meters.of_route(link.sent.pop()).lost(1, Skip.SHADOW_LOST)
        if count:
            self._dropped(Skip.SHADOW_LOST, count)


class _Link(asyncio.Protocol):
    """One connection to the shadow worker. ``sent`` holds the routes of exchanges not yet dealt with, oldest first, those that wait here
    included.

    What the socket does not take waits here and not in the transport, which would give nothing up again.
    """

    transport: asyncio.Transport

    def __init__(self, lost: Callable[[_Link], None]) -> None:
        self.sent: deque[str] = deque()
        self.gone = asyncio.Event()
        self._lost = lost
        self._done = 0
        self._reader = FrameReader()
        self._waiting: deque[tuple[bytes, int]] = deque()
        """Frames, and how many exchanges each is: one or none."""
        self._waiting_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writable = True
        self._nothing_waits = asyncio.Event()

    def put(self, frame: bytes, *, exchanges: int = 0) -> None:
        """To go out with those that come soon, in this order."""
        self._waiting.append((frame, exchanges))
        self._waiting_bytes += len(frame)
        if self._waiting_bytes >= GATHER_BYTES:
            self._send()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._send)

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes + self.transport.get_write_buffer_size()

    async def handed_over(self) -> None:
        """Returns when nothing waits here, or the other end is gone."""
        self._send()
        while self._waiting and not self.gone.is_set():
            self._nothing_waits.clear()
            await self._nothing_waits.wait()

    def drop_exchanges(self) -> int:
        """Give up those that wait here, and tell how many they were. Plans and counts go out all the same."""
        dropped = sum(exchanges for _, exchanges in self._waiting)
        self._waiting = deque(one for one in self._waiting if not one[1])
        self._waiting_bytes = sum(len(frame) for frame, _ in self._waiting)
        return dropped

    def end(self) -> None:
        """Nothing comes after what waits here, which goes out however much the transport has. Closing is left to the other end, once it
        has read all of it: a receipt that it writes to a closed socket would cost it what it has not read."""
        while self._waiting and not self.transport.is_closing():
            self._send_some()
        if not self.transport.is_closing():
            self.transport.write_eof()

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and self._writable and not self.transport.is_closing():
            self._send_some()
        if not self._waiting:
            self._nothing_waits.set()

    def _send_some(self) -> None:
        some, size = [], 0
        while self._waiting and size < GATHER_BYTES:
            frame, _ = self._waiting.popleft()
            some.append(frame)
            size += len(frame)
        self._waiting_bytes -= size
        self.transport.writelines(some)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._send()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transport is a Transport in all but name
        self.transport.set_write_buffer_limits(high=GATHER_BYTES)

    def data_received(self, data: bytes) -> None:
        try:
            for kind, payload in self._reader.feed(data):
                if kind is Kind.DONE:
                    self._dealt_with(decode_done(payload))
        except BrokenFrame:
            self.transport.abort()

    def _dealt_with(self, done: int) -> None:
        for _ in range(min(done - self._done, len(self.sent))):
            self.sent.popleft()
        self._done = max(done, self._done)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        if self._timer is not None:
            self._timer.cancel()
        self.gone.set()
        self._nothing_waits.set()
        self._lost(self)
