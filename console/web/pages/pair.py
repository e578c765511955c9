"""One kept pair: the request, both answers side by side with what differs marked, and how to repeat it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from aiohttp import web

from console.curl import redacted_names
from console.pair import pair_document
from console.replayed import Document, replayed_document
from console.replaying import known_of
from console.side_by_side import Fold, Row, aligned, counted_headers, field_rows, folds, paired, parts, readable_lines
from console.web.answers import as_page
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.model.log import rfc3339
from shadow.again.replay import Target, replay
from shadow.signature import signature_id
from shadow.store import StoredPair

MOST_ROWS: Final = 2_000
"""Rows of one body on a page; the JSON has the texts whole."""

FEWEST_FOLDED: Final = 4
"""Fewer equal rows are shown: folding them saves no room."""

_CLASSES: Final = {"=": "equal", "|": "changed", "<": "only-control", ">": "only-candidate", ".": "uncounted"}

REPLAY_SECONDS: Final = 10.0


async def show(visit: Visit) -> web.Response:
    pair = await _pair_of(visit)
    return as_page(visit, "pair.html", _document(visit, pair))


async def answers(visit: Visit) -> web.Response:
    """Only the two answers, for a page that shows them among other things."""
    pair = await _pair_of(visit)
    return as_page(visit, "answers.html", _document(visit, pair))


async def again(visit: Visit) -> web.Response:
    """Sends the request to the candidate once more, and shows what came of it. Only what is safe to repeat is sent."""
    pair = await _pair_of(visit)
    table = visit.instance.table
    route = next((one for one in table.routes if one.name == pair.route), None) if table else None
    plan = (await visit.evidence.plans()).get(pair.route)
    if route is None or plan is None or plan.candidate is None or not plan.urls.get(plan.candidate):
        raise Refused(409, f"the table has no candidate for {pair.route} any more: there is nobody to send it to")
    visit.record.names(backend=plan.candidate)
    target = Target(plan.urls[plan.candidate][0], timeout=REPLAY_SECONDS)
    replayed = await replay([pair], target, known_of([route], {pair.route: plan}))
    document = replayed_document(replayed, target.url, rfc3339(time.time()))
    return as_page(visit, "again.html", {"pair": pair.id, "against": target.url, "replayed": document["pairs"][0]})


async def _pair_of(visit: Visit) -> StoredPair:
    given = visit.request.match_info["id"]
    found = await visit.evidence.pairs(given)
    if not found:
        raise Refused(404, f"no pair is kept whose id begins with {given!r}")
    visit.record.names(pair=found[0].id, route=found[0].route)
    return found[0]


def _document(visit: Visit, pair: StoredPair) -> Document:
    return pair_page_document(pair, f"http://{visit.instance.told['listen']}")


def pair_page_document(pair: StoredPair, base: str) -> Document:
    document = pair_document(pair, base)
    for difference, found in zip(document["differences"], pair.differences, strict=True):
        difference["signature"] = signature_id(pair.route, found.place, found.kind)
    control, candidate = document["control"], document["candidate"]
    return {
        "pair": document,
        "redacted": redacted_names(document["request"]["headers"]) if document["request"] else [],
        "sections": _sections(document) if control and candidate else [],
    }


def _sections(pair: Document) -> list[Document]:
    control, candidate = pair["control"], pair["candidate"]
    lines = (readable_lines(answer["body"]["text"]) for answer in (control, candidate))
    return [
        _section("Status", [paired(str(control["status"]), str(candidate["status"]))]),
        _section("Headers", field_rows(control["headers"], candidate["headers"], counted_headers(pair))),
        _section("Body", aligned(*lines)),
    ]


def _section(title: str, rows: Iterable[Row]) -> Document:
    shown = list(islice(rows, MOST_ROWS + 1))
    return {
        "title": title,
        "folds": [_fold(fold) for fold in folds(shown[:MOST_ROWS])],
        "uncounted": any(row.mark == "." for row in shown),
        "cut": len(shown) > MOST_ROWS,
        "most": MOST_ROWS,
    }


def _fold(fold: Fold) -> Document:
    return {"equal": fold.equal and len(fold.rows) >= FEWEST_FOLDED, "rows": [_row(row) for row in fold.rows]}


def _row(row: Row) -> Document:
    """A changed line in three parts, of which the middle differs; a line of one side is a middle."""
    left: Any = (row.left, "", "")
    right: Any = (row.right, "", "")
    if row.mark == "|":
        left, right = parts(row.left, row.right)
    elif row.mark not in "=.":
        left, right = ("", row.left, ""), ("", row.right, "")
    return {"mark": _CLASSES[row.mark], "control": list(left), "candidate": list(right)}
