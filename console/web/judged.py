"""What a text would be as the route table: its mistakes, its warnings, what it would change. Nothing here writes, and no value of a variable
comes out."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from console.lint import LINTS
from console.table.plan import MOST_REQUESTS, Plan, Read, shown_plan_of
from console.table.recent import NONE_KNOWN, recent_from, recent_of
from console.table.warnings import table_warnings
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.listen.tls import BadCertificate
from proxy.model.table import Table
from proxy.supervise.certificates import read_certificates
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, Mistake
from proxy.table.unfilled import Unfilled, may_hold_variables, named, shown_mistakes, shown_paths, unfilled_table
from shadow.store import StoredPair, StoreError

Document = dict[str, Any]

_MEANINGS: Final = {code: lint.means for code, lint in LINTS.items()}


@dataclass(frozen=True, slots=True)
class Judged:
    """``table`` is None where there are mistakes; else there may be warnings."""

    table: Table | None
    found: tuple[Mistake, ...]


async def judged(visit: Visit, text: str) -> Judged:
    """What is in force is good, and need not be read again."""
    known = visit.instance.table if text == visit.instance.text else None
    return await asyncio.to_thread(_judged, text, known)


async def checked(text: str) -> Table:
    """Raises Refused, with every mistake."""
    table, found = await asyncio.to_thread(_loaded, text)
    if table is None:
        mistakes = [mistake_document(one) for one in found]
        raise Refused(422, "this is no good table, so nothing was changed", {"mistakes": mistakes})
    return table


async def planned(visit: Visit, text: str, after: Table) -> Plan:
    """What ``text``, which is the table ``after``, would change in the table in force. Raises Refused."""
    before, before_text = visit.instance.table, visit.instance.text
    if before is None:
        raise Refused(503, "no table is in force yet: try again in a moment")
    pairs: list[StoredPair] | None = None
    recent, hour = NONE_KNOWN, recent_from(time.time())
    with suppress(StoreError):
        pairs = await visit.evidence.kept(MOST_REQUESTS)
        recent = recent_of(hour, await visit.evidence.traffic(hour))

    def plan() -> Plan:
        return shown_plan_of(Read.of(before, before_text, os.environ), Read.of(after, text, os.environ), pairs, recent)

    return await asyncio.to_thread(plan)


def mistake_document(one: Mistake) -> Document:
    return {
        "code": one.code,
        "line": one.line,
        "column": one.column,
        "message": one.message,
        "suggestion": one.suggestion,
    }


def _judged(text: str, known: Table | None) -> Judged:
    table, found = _loaded(text) if known is None else (known, ())
    return Judged(None, found) if table is None else Judged(table, _warnings(table, text))


def _loaded(text: str) -> tuple[Table | None, tuple[Mistake, ...]]:
    """With the files that it names."""
    try:
        table = load_table(text, source="the table", with_files=True)
    except BadTable as error:
        return None, shown_mistakes(text, error.mistakes, os.environ, _MEANINGS)
    try:
        read_certificates(table.listen.tls)
    except BadCertificate as error:
        told = shown_paths(text, str(error), table.listen.tls, os.environ)
        return None, (Mistake(1, 1, f"listen.tls: {told}", code="bad-file"),)
    return table, ()


def _warnings(table: Table, text: str) -> tuple[Mistake, ...]:
    today = datetime.now(UTC).date()
    if not may_hold_variables(text):
        return tuple(table_warnings(table, text, os.environ, today))
    unfilled = unfilled_table(text, os.environ)
    if unfilled is None:
        return ()
    found = table_warnings(unfilled, text, Unfilled(os.environ), today)
    return tuple(
        Mistake(one.line, one.column, named(one.message), one.suggestion, one.code, one.severity) for one in found
    )
