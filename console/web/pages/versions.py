"""The versions of the route table: the list, one of them with what it changed and what going back to it would, and going back."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from console.table.versions import change_words
from console.web import tables
from console.web.answers import as_page
from console.web.drafts import cut, verdict
from console.web.fields import fields_of, text_of, unknown
from console.web.pages.table import gone_to_result
from console.web.paging import paged
from console.web.refused import Refused
from console.web.rights import Right
from console.web.visit import Visit
from proxy.model.versions import MAX_REASON, hash_of

Document = dict[str, Any]

PER_PAGE = 50


async def show(visit: Visit) -> web.Response:
    versions = await tables.versions_of(visit)
    list_ = paged(list(zip([None, *versions], versions, strict=False))[::-1], visit.request.query, per_page=PER_PAGE)
    pairs = list_["items"]
    items = await asyncio.to_thread(
        lambda: [{**version.to_json(), "change": change_words(before, version)} for before, version in pairs]
    )
    return as_page(
        visit,
        "versions.html",
        {"list": {**list_, "items": items}, "in_force": visit.instance.told["table_version"], "notices": []},
    )


async def one(visit: Visit) -> web.Response:
    return await _shown(visit, [])


async def restore(visit: Visit) -> web.Response:
    """Puts its text into the file, if that is still what the plan was held against."""
    fields = await fields_of(visit.request)
    unknown(fields, ("base", "reason", "csrf"))
    reason = text_of(fields, "reason", most=MAX_REASON)
    number = tables.number_of(visit.request.match_info["version"])
    table = await tables.table_document(visit)
    if fields.get("base") != table["hash"]:
        told = "The table was changed meanwhile: this is the plan against what there is now. Nothing was changed yet."
        return await _shown(visit, [told], status=409)
    if not reason:
        return await _shown(visit, ["Say why: the reason is kept with the version that this makes."], status=400)
    try:
        done = await tables.restore(visit, number, reason)
    except Refused as error:
        if error.status not in {412, 422}:
            raise
        return await _shown(visit, [f"Nothing was changed: {error}"], status=error.status)
    return gone_to_result(done["hash"])


async def _shown(visit: Visit, notices: list[str], *, status: int = 200) -> web.Response:
    document = await tables.version_of(visit, visit.request.match_info["version"])
    shown = {key: value for key, value in document.items() if key not in {"text", "diff"}}
    diff = document["diff"]
    shown |= {
        "text": document["text"],
        "diff": None if diff is None else cut(diff),
        "in_force": visit.instance.told["table_version"],
        "back": await _back(visit, document["text"]),
        "notices": notices,
        "most_reason": MAX_REASON,
    }
    return as_page(visit, "version.html", shown, status=status)


async def _back(visit: Visit, text: str | None) -> Document | None:
    """What going back to ``text`` would change; None where it cannot be, or changes nothing."""
    if text is None or not visit.caller.may(Right.OPERATE):
        return None
    try:
        table = await tables.table_document(visit)
    except Refused:
        return None
    if table["text"] == text:
        return None
    return {"base": hash_of(table["text"]), "verdict": await verdict(visit, text, table["text"])}
