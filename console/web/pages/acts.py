"""The audit log: who changed what, and who looked at recorded bodies, newest first, as ``?since= &who= &about=`` choose."""

from __future__ import annotations

from aiohttp import web

from console.audit.document import about_words, came_words, what_words
from console.audit.line import Line
from console.web.acts import FILTERS, acts_document, found_of
from console.web.answers import Document, as_page
from console.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    query = visit.request.query
    found = await found_of(visit)
    document = {
        **acts_document(found, query),
        "acts": [_act(line) for line in found.lines],
        "chosen": {name: query.get(name, "") for name in FILTERS},
    }
    return as_page(visit, "acts.html", document)


def _act(line: Line) -> Document:
    said = line.said
    return {**line.to_json(), "did": what_words(said), "came": came_words(said), "about": about_words(said)}
