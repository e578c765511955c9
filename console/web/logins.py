"""Logins in the audit log: who came in and who left, at once; who failed, counted and told once a minute."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Final

from console.access.attempts import network_of
from console.audit.failures import Failure, Failures
from console.audit.line import Said, Step
from console.audit.record import Record
from console.audit.trail import CannotAudit
from console.web.audit_writer import AuditWriter

SPAN_SECONDS: Final = 60.0
"""How long failures are counted before they are told. What was counted is lost if the process is killed; the log of the process has each."""

LOGIN: Final = "POST /login"
PROVIDER: Final = "GET /login/provider"
BEARER: Final = "Authorization: Bearer"
"""What was asked, as the audit log has it."""


class Logins:
    def __init__(self, writer: AuditWriter, clock: Callable[[], float] = time.time) -> None:
        self._writer = writer
        self._clock = clock
        self._failures = Failures()
        self._later: asyncio.Task[None] | None = None
        self._is_closed = False

    async def let_in(self, what: str, user: str, address: str, begin: Callable[[], str]) -> str:
        """What ``begin`` gives, a session, which begins when it is in the log that somebody comes in. Raises CannotAudit."""
        await self._tell()  # who guesses until they are right is told in that order
        begun = _said(Step.INTENDED, what, user, address)
        await self._writer.before(begun)
        session = begin()
        await self._writer.after(Record().ended(begun, Step.DONE, 200))
        return session

    async def left(self, user: str, address: str) -> None:
        """Nobody is kept in because the log cannot be written: the line comes when it can."""
        await self._writer.after(_said(Step.DONE, "POST /logout", user, address, 303))

    def failed(self, what: str, why: str, status: int, address: str, user: str = "") -> None:
        self._failures.add(Failure(what, why, status, user, network_of(address)), self._clock())
        self._plan()

    async def close(self) -> None:
        self._is_closed = True
        if self._later is not None:
            self._later.cancel()
        await self._tell()

    async def _tell_later(self) -> None:
        while self._failures:
            await asyncio.sleep(SPAN_SECONDS)
            await self._tell()

    async def _tell(self) -> None:
        """What cannot be written is counted on."""
        told, self._failures = self._failures, Failures()
        if not told:
            return
        try:
            await self._writer.before(*told.told())
        except CannotAudit:
            self._failures = told.with_(self._failures)
            self._plan()

    def _plan(self) -> None:
        if not self._is_closed and (self._later is None or self._later.done()):
            self._later = asyncio.create_task(self._tell_later())


def _said(step: Step, what: str, user: str, address: str, status: int | None = None) -> Said:
    return Said(
        step=step,
        act=secrets.token_hex(6),
        by=user,
        via="console",
        what=what,
        right="open",
        of={"from": address},
        status=status,
    )
