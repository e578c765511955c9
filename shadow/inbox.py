"""Exchanges that wait for their replay: bounded by number and by bytes, those in replay included. Offering never waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from proxy.model.exchange import Exchange
from proxy.model.plan import Plan

MAX_WAITING: Final = 10_000


class Receipt(Protocol):
    """Who wants to know when exchanges are dealt with: the connection they came from."""

    def dealt_with(self, count: int) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One exchange to replay, under the plan it was captured under. ``size`` is bytes."""

    exchange: Exchange
    plan: Plan
    size: int
    receipt: Receipt


class Inbox:
    """``size`` is bytes waiting or in replay, ``waiting`` the number of jobs that nobody has taken yet."""

    def __init__(self, max_bytes: int, max_waiting: int = MAX_WAITING) -> None:
        self._max_bytes = max_bytes
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(max_waiting)
        self._idle = asyncio.Event()
        self._idle.set()
        self._unfinished = 0
        self.size = 0

    @property
    def waiting(self) -> int:
        return self._jobs.qsize()

    def offer(self, job: Job) -> bool:
        """False if there is no room: the newest is dropped, since what waits longest is closest to be done."""
        if self.size + job.size > self._max_bytes or self._jobs.full():
            return False
        self._jobs.put_nowait(job)
        self.size += job.size
        self._unfinished += 1
        self._idle.clear()
        return True

    async def take(self) -> Job:
        """The oldest job; ``finished`` must follow."""
        return await self._jobs.get()

    def finished(self, job: Job) -> None:
        self.size -= job.size
        self._unfinished -= 1
        if not self._unfinished:
            self._idle.set()

    def abandon(self) -> list[Job]:
        """All that nobody has taken yet; ``finished`` must follow for each."""
        return [self._jobs.get_nowait() for _ in range(self._jobs.qsize())]

    async def until_idle(self) -> None:
        """Returns when nothing waits and nothing is in replay."""
        await self._idle.wait()
