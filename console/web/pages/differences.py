"""The differences of all routes, most frequent first, as ``?route= &kind= &state= &q= &since=`` choose."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from console.report import signatures_document
from console.web.answers import as_page
from console.web.api.report import signatures_of
from console.web.paging import paged
from console.web.visit import Visit

Document = dict[str, Any]

FILTERS: Final = ("route", "kind", "state", "q", "since")

DONE: Final = {
    "waived": "The waiver is in the route table. It is in force within a second, and evidence of the route counts anew."
}
"""What a redirect says has been done: a word in the address, so that nobody else can put text here."""


async def show(visit: Visit) -> web.Response:
    query = visit.request.query
    signatures = signatures_document(await signatures_of(visit), now=time.time())["signatures"]
    names = sorted({route.name for route in visit.instance.table.routes} if visit.instance.table else set())
    document = differences_document(signatures, {name: query.get(name, "") for name in FILTERS}, query)
    return as_page(
        visit,
        "differences.html",
        {**document, "routes": names, "done": DONE.get(query.get("done", "")), "bodies": visit.caller.bodies},
    )


def differences_document(
    signatures: Sequence[Document], chosen: Mapping[str, str], query: Mapping[str, str]
) -> Document:
    """``signatures`` as the report has them, of the chosen route and time; ``chosen`` are the filters, empty for any."""
    shown = [one for one in signatures if _fits(one, chosen)]
    return {
        "chosen": dict(chosen),
        "kinds": sorted({one["kind"] for one in signatures}),
        "states": sorted({one["triage"]["state"] for one in signatures}),
        "all": len(signatures),
        "list": paged(shown, query),
    }


def _fits(one: Document, chosen: Mapping[str, str]) -> bool:
    """``q`` is looked for in route, path and id."""
    if chosen["kind"] and one["kind"] != chosen["kind"]:
        return False
    if chosen["state"] and one["triage"]["state"] != chosen["state"]:
        return False
    sought = chosen["q"].casefold()
    return any(sought in one[name].casefold() for name in ("route", "path", "id"))
