"""Writes the audit log of the admin port: in one thread, so that a disk that hangs holds up nobody who only looks.

Where the line before an act cannot be written, whoever wants to act is told; the line after it is written with the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from console.audit.line import Said, Step
from console.audit.record import Record
from console.audit.trail import CannotAudit, Trail

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 6.0
AGAIN_SECONDS: Final = 5.0
"""How long a line may take, and when it is tried again whether any can be written."""

MOST_WAITING: Final = 32
MOST_OWED: Final = 64
"""Lines that wait for the disk, and ends of acts that are written with the next line."""


class AuditWriter:
    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._thread = ThreadPoolExecutor(1, "audit")
        self._waiting = 0
        self._owed: list[Said] = []
        self._again: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Know early whether the log can be written."""
        with contextlib.suppress(TimeoutError):
            await self._in_the_thread(self._trail.open)
        self._try_again_later()

    def close(self) -> None:
        if self._again is not None:
            self._again.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def before(self, *said: Said) -> None:
        """They are on the disk, with what is owed, before the act. Raises CannotAudit."""
        await self._write(*said)

    async def after(self, said: Said) -> None:
        """What has happened already: where it cannot be written now, it is with the next line."""
        try:
            await self._write(said)
        except CannotAudit as error:
            log.error("what came of an act is not in the audit log yet", extra={"act": said.act, "detail": str(error)})  # noqa: TRY400 - the disk's fault, our traceback tells nothing
            self._owed = [*self._owed, said][-MOST_OWED:]

    async def _write(self, *said: Said) -> None:
        if self._waiting >= MOST_WAITING:
            raise CannotAudit("the audit log: too many acts wait for the disk")
        owed, self._owed = self._owed, []
        try:
            await self._in_the_thread(lambda: self._trail.append(*owed, *said))
        except CannotAudit:
            self._owed = [*owed, *self._owed][-MOST_OWED:]
            self._try_again_later()
            raise
        except TimeoutError as error:
            slow = CannotAudit(
                f"the audit log {self._trail.path}: no answer from the disk within {PATIENCE_SECONDS:g} s"
            )
            if said[0].step is not Step.INTENDED:  # it comes when the disk answers
                log.warning(str(slow))
                return
            # Its line may come yet, and must not look like an act.
            self._owed.append(Record().ended(said[0], Step.REFUSED, 503))
            raise slow from error

    def _try_again_later(self) -> None:
        if self._trail.error and (self._again is None or self._again.done()):
            self._again = asyncio.create_task(self._until_it_can_be_written())

    async def _until_it_can_be_written(self) -> None:
        while self._trail.error:
            await asyncio.sleep(AGAIN_SECONDS)
            with contextlib.suppress(TimeoutError):
                await self._in_the_thread(self._trail.open)

    async def _in_the_thread(self, work: Callable[[], object]) -> None:
        self._waiting += 1
        try:
            future = asyncio.get_running_loop().run_in_executor(self._thread, work)
            future.add_done_callback(self._has_run)
        except BaseException:
            self._waiting -= 1
            raise
        await asyncio.wait_for(asyncio.shield(future), PATIENCE_SECONDS)

    def _has_run(self, future: asyncio.Future[object]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # whoever waited knows it, and nobody else need hear of it
