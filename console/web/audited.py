"""The one place that decides what of the admin port is audited: whatever is no mere look, and every look at recorded bodies.

The line is on the disk before the handler acts; what came of it follows. Where the first cannot be, the answer is 503 and nothing happens.
"""

from __future__ import annotations

import secrets
from typing import Final

from aiohttp import web

from console.audit.line import Said, Step, name_or_hash
from console.audit.trail import CannotAudit
from console.exits import Exit
from console.jobs.job import Job, State
from console.web.addresses import Address
from console.web.audit_writer import AuditWriter
from console.web.handlers import handler_of
from console.web.refused import Refused
from console.web.rights import Right
from console.web.visit import Visit
from shadow.store import StoreError

_LOOKS: Final = frozenset({"GET", "HEAD"})


def is_change(address: Address) -> bool:
    """What anybody may ask changes at most their own session: strangers must not be able to fill the log."""
    return address.method not in _LOOKS and address.right is not Right.OPEN and not address.tells


def is_audited(address: Address) -> bool:
    return is_change(address) or address.bodies


class Audit:
    def __init__(self, writer: AuditWriter) -> None:
        self._writer = writer

    async def answer(self, address: Address, visit: Visit) -> web.StreamResponse:
        """What the handler answers. Raises what it raises, and Refused if the act cannot be audited."""
        handler = await handler_of(address)
        if not is_audited(address):
            return await handler(visit)
        begun = _begun(address, visit)
        try:
            await self._writer.before(begun)
        except CannotAudit as error:
            left = "nothing was changed" if is_change(address) else "nothing is shown"
            raise Refused(503, f"{error}, so {left}") from error
        step, status = Step.FAILED, 500
        try:
            response = await handler(visit)
            step, status = Step.DONE if response.status < 400 else Step.REFUSED, response.status
        except Exception as error:
            step, status = _refusal(error)
            raise
        finally:
            await self._writer.after(visit.record.ended(begun, step, status))
        return response

    async def ended(self, job: Job) -> None:
        """What came of a job that somebody began here: it was audited as an act, which ended when the job had begun."""
        step, status = (Step.DONE, Exit.FINE) if job.state is State.DONE else (Step.FAILED, Exit.FINDINGS)
        ended = Said(
            step=step,
            act=secrets.token_hex(6),
            by=job.by,
            via="console",
            what=f"{job.kind} ended",
            of={"job": job.id, "state": job.state.value},
            status=int(status),
        )
        await self._writer.after(ended)

    async def denied(self, address: Address, visit: Visit) -> None:
        """Somebody may not do what is audited. Whether that can be written changes nothing for them."""
        if is_audited(address):
            begun = _begun(address, visit)
            await self._writer.after(visit.record.ended(begun, Step.REFUSED, 403))


def _begun(address: Address, visit: Visit) -> Said:
    told = visit.instance.told
    table = {"table_version": str(told["table_version"]), "table": told["table"]["hash"]}
    asked = {name: name_or_hash(text) for name, text in visit.request.match_info.items()}
    return Said(
        step=Step.INTENDED,
        act=secrets.token_hex(6),
        by=visit.caller.name,
        via="console",
        what=f"{visit.request.method} {address.path}",
        right="bodies" if address.bodies else address.right.value,
        of={**asked, "from": visit.request.remote or ""},
        before=table if is_change(address) and not address.bodies else {},
    )


def _refusal(error: Exception) -> tuple[Step, int]:
    """As the answer will be."""
    match error:
        case Refused(status=status) | web.HTTPException(status=status):
            return Step.REFUSED, status
        case StoreError():
            return Step.REFUSED, 503
        case _:
            return Step.FAILED, 500
