"""Server-sent events: tells pages that numbers have changed. One look at the counters serves all who listen, and only while somebody does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Hashable
from typing import Final

from aiohttp import web

from console.web.instance import Instance

log = logging.getLogger(__name__)

MOST_LISTENERS: Final = 64
LOOK_SECONDS: Final = 2.0
GLANCE_SECONDS: Final = 0.25
SILENT_LOOKS: Final = 8
SILENT_GLANCES: Final = 60
"""After so many looks without news a comment is sent: whoever is gone is noticed, and proxies in between keep the connection."""


class Live:
    """``listeners`` is how many pages listen now."""

    def __init__(self, instance: Instance, *, seconds: float = LOOK_SECONDS) -> None:
        self._instance = instance
        self._seconds = seconds
        self._news = asyncio.Condition()
        self._seen = ""
        self._looking: asyncio.Task[None] | None = None
        self._ended = False
        self._numbers_wanted = 0
        """By so many of the listeners: the others look at something else."""
        self.listeners = 0

    @property
    def full(self) -> bool:
        return self.listeners >= MOST_LISTENERS

    async def send_to(self, response: web.StreamResponse) -> None:
        """Until the listener is gone or we end. The response is prepared already."""
        self.listeners += 1
        self._numbers_wanted += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            seen = self._seen
            await response.write(b"retry: 3000\n\n")
            while not self._ended:
                event, seen = await self._next(seen)
                await response.write(event)
        except ConnectionError:
            pass  # the page was closed
        finally:
            self.listeners -= 1
            self._numbers_wanted -= 1

    async def send_news_to(self, response: web.StreamResponse, look: Callable[[], Hashable]) -> None:
        """An event ``progress`` at once, since something may have changed while the page was on its way, and whenever ``look``, in a thread,
        finds another thing than before; until the listener is gone or we end."""
        self.listeners += 1
        try:
            await response.write(b"retry: 3000\n\n")
            seen, silent = None, 0
            while not self._ended:
                before, seen = seen, await asyncio.to_thread(look)
                silent = 0 if seen != before else silent + 1
                if not silent:
                    await response.write(b"event: progress\ndata: \n\n")
                elif not silent % SILENT_GLANCES:
                    await response.write(b": nothing new\n\n")
                await asyncio.sleep(GLANCE_SECONDS)
        except ConnectionError:
            pass  # the page was closed
        finally:
            self.listeners -= 1

    async def end(self) -> None:
        self._ended = True
        if self._looking is not None:
            self._looking.cancel()
        async with self._news:
            self._news.notify_all()

    async def _next(self, seen: str) -> tuple[bytes, str]:
        """The next event of a page that knows of ``seen``, and what it knows of then."""
        try:
            async with asyncio.timeout(SILENT_LOOKS * self._seconds), self._news:
                await self._news.wait_for(lambda: self._ended or self._seen != seen)
        except TimeoutError:
            return b": nothing new\n\n", seen
        return b"event: change\ndata: \n\n", self._seen

    async def _look(self) -> None:
        while self._numbers_wanted:
            try:
                status = json.dumps(await self._instance.status(), sort_keys=True)
            except Exception:
                log.exception("pages get no live numbers for now")
                status = self._seen
            seen = hashlib.blake2b(status.encode(), digest_size=16).hexdigest()
            if seen != self._seen:
                self._seen = seen
                async with self._news:
                    self._news.notify_all()
            await asyncio.sleep(self._seconds)
