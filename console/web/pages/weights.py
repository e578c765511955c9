"""Who answers how much: sliders for groups and routes, and everything back to legacy. Each move shows its plan before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from console.table.replacing import why
from console.web import tables
from console.web.answers import as_page
from console.web.drafts import verdict
from console.web.fields import fields_of, flag_of, text_of, unknown
from console.web.moving import PREFIX, Moved, moved_by, movers_of, wanted_in
from console.web.pages.table import gone_to_result
from console.web.paging import paged
from console.web.refused import Refused
from console.web.rights import Right
from console.web.visit import Visit
from proxy.model.versions import MAX_REASON, hash_of

Document = dict[str, Any]

MAX_NAME: Final = 200
PER_PAGE: Final = 25

KILLED: Final = "everything back to legacy"
"""The reason that is proposed: in an emergency nobody should have to think of one."""


async def show(visit: Visit) -> web.Response:
    """``?q=`` looks for groups, routes and backends."""
    sought = visit.request.query.get("q", "")
    notices: list[str] = []
    movers: Document = {"list": paged([], {}), "all": 0}
    try:
        text = (await tables.table_document(visit))["text"]
        query = visit.request.query
        movers = await movers_of(text, sought.casefold(), lambda names: paged(names, query, per_page=PER_PAGE))
    except Refused as error:
        notices = [str(error)]
    document = {**movers, "sought": sought, "can_change": visit.caller.may(Right.OPERATE), "notices": notices}
    return as_page(visit, "weights.html", document)


async def plan(visit: Visit) -> web.Response:
    """``?name=ordering&weight.orders=20``, or ``&kill=yes``: what it would change."""
    return await _shown(visit, visit.request.query, [])


async def make(visit: Visit) -> web.Response:
    """Makes the move, if the table is still the one whose plan was seen."""
    fields = await fields_of(visit.request)
    unknown({name: "" for name in fields if not name.startswith(PREFIX)}, ("name", "kill", "base", "reason", "csrf"))
    reason = text_of(fields, "reason", most=MAX_REASON)
    table = await tables.table_document(visit)
    if fields.get("base") != table["hash"]:
        told = "The table was changed meanwhile: this is the plan against what there is now. Nothing was changed yet."
        return await _shown(visit, fields, [told], status=409)
    if not reason:
        return await _shown(
            visit, fields, ["Say why: the reason is kept with the version that this makes."], status=400
        )
    move = await _move(table["text"], fields)
    visit.record.names(moves=move.name)
    try:
        done = await tables.write(visit, move.text, why(move.words, reason)[:MAX_REASON], table["hash"])
    except Refused as error:
        if error.status not in {412, 422}:
            raise
        return await _shown(visit, fields, [f"Nothing was changed: {error}"], status=error.status)
    return gone_to_result(done["hash"])


async def _shown(
    visit: Visit, given: Mapping[str, str | bool], notices: list[str], *, status: int = 200
) -> web.Response:
    table = await tables.table_document(visit)
    move = await _move(table["text"], given)
    is_kill = flag_of(given, "kill")
    document = {
        "name": move.name,
        "words": move.words,
        "kill": is_kill,
        "kept": {key: given[key] for key in given if key.startswith(PREFIX) or key in {"name", "kill"}},
        "base": hash_of(table["text"]),
        "reason": given.get("reason", "") or KILLED * is_kill,
        "verdict": await verdict(visit, move.text, table["text"]),
        "can_change": visit.caller.may(Right.OPERATE),
        "notices": notices,
        "most_reason": MAX_REASON,
    }
    return as_page(visit, "move.html", document, status=status)


async def _move(text: str, given: Mapping[str, str | bool]) -> Moved:
    name = text_of(given, "name", most=MAX_NAME, least=1)
    return await moved_by(text, name, None if flag_of(given, "kill") else wanted_in(given))
