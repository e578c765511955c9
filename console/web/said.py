"""What people say of a signature: what it is, and that it is accepted. Pages and programs say it the same way."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final, TypeVar

from console.audit.line import name_or_hash
from console.exits import Complaint
from console.table.edit import CannotEdit
from console.table.file import TableFile
from console.table.waiver import BadDay, Waived, last_day, waive
from console.web.fields import fields_of, flag_of, one_of, text_of, unknown
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.model.versions import hash_of
from proxy.table.reading import read
from shadow.model import SignatureSummary
from shadow.triage import MAX_NOTE, SAID, State, Triage, state_of

T = TypeVar("T")

STATES: Final = tuple(state.value for state in SAID)


async def signature_of(visit: Visit) -> SignatureSummary:
    """The one that the address names, by its id or its beginning. Raises Refused."""
    given = visit.request.match_info["signature"]
    found = [one for one in await visit.evidence.signatures() if one.id.startswith(given)]
    if len(found) != 1:
        several = f"{len(found)} signatures begin with" if found else "no signature under today's rules begins with"
        raise Refused(404, f"{several} {given!r}; /differences lists them")
    visit.record.names(signature=found[0].id, route=found[0].route)
    return found[0]


async def triage(visit: Visit, signature: SignatureSummary) -> Triage:
    """Keep the decision that the request holds. Raises Refused."""
    fields = await fields_of(visit.request)
    unknown(fields, ("state", "owner", "note", "csrf"))
    said = Triage(
        signature.id,
        signature.route,
        State(one_of(fields, "state", STATES)),
        text_of(fields, "owner", most=MAX_NOTE),
        text_of(fields, "note", most=MAX_NOTE),
        visit.caller.name,
        time.time(),
    )
    await _kept(visit, said, signature)
    return said


async def accept(visit: Visit, signature: SignatureSummary) -> Waived:
    """Write the waiver that the request holds into the table, and keep that the difference is intended. Raises Refused."""
    fields = await fields_of(visit.request)
    unknown(fields, ("reason", "until", "kinds", "csrf"))
    waived = Waived(
        signature.path,
        text_of(fields, "reason", most=MAX_NOTE, least=1),
        visit.caller.name,
        _day(text_of(fields, "until", most=10)),
        (signature.kind,) if flag_of(fields, "kinds") else (),
    )
    source = visit.instance.told["table"]["source"]
    before, text = await _unless_refused(lambda: _written(source, signature.route, waived))
    words = f"a waiver in {name_or_hash(signature.route)}"
    visit.record.changed({"table": hash_of(before)}, {"table": hash_of(text)}, words)
    visit.instance.ask_for_reload(visit.caller.name, waived.version_reason(signature.route), hash_of(text))
    said = Triage(signature.id, signature.route, State.INTENDED, "", waived.reason, visit.caller.name, time.time())
    await _kept(visit, said, signature)
    return waived


def _written(source: str, route: str, waived: Waived) -> tuple[str, str]:
    """The text of the table before and after."""
    file = TableFile(source)
    before = file.text
    file.replace(waive(file.text, read(file.text, os.environ, source).data, route, waived))
    return before, file.text


async def _kept(visit: Visit, said: Triage, signature: SignatureSummary) -> None:
    was = state_of(signature.triage, signature.last_seen)
    words = visit.record.words or "what the difference is"
    visit.record.changed({"state": was.value}, {"state": said.state.value}, words)
    try:
        await visit.evidence.decide(said)
    except (sqlite3.Error, OSError) as error:
        raise Refused(503, f"the decision could not be kept: {error}; try again") from error


async def _unless_refused(change: Callable[[], T]) -> T:
    """In a thread. What a command would end with is refused here."""
    try:
        return await asyncio.to_thread(change)
    except CannotEdit as error:
        raise Refused(409, str(error)) from error
    except Complaint as error:
        raise Refused(409, error.message) from error


def _day(text: str) -> date | None:
    try:
        return last_day(text, datetime.now(UTC).date()) if text else None
    except BadDay as error:
        raise Refused(400, f"until: {error}") from error
