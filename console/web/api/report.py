"""The shadow-diff report, of all routes or one, as ``?route=NAME&since=24h`` asks."""

from __future__ import annotations

import time

from aiohttp import web

from console.recorded import unknown_route
from console.report import report_document, signatures_document
from console.since import BadTime, parse_since
from console.web.answers import Document, as_json, seen_by
from console.web.refused import Refused
from console.web.visit import Visit
from shadow.model import SignatureSummary


async def show(visit: Visit) -> web.Response:
    return as_json(seen_by(visit.caller, await report_of(visit)))


async def signatures(visit: Visit) -> web.Response:
    return as_json(seen_by(visit.caller, signatures_document(await signatures_of(visit), now=time.time())))


async def signatures_of(visit: Visit) -> list[SignatureSummary]:
    """Raises Refused and what the store raises."""
    route = visit.request.query.get("route")
    found = await visit.evidence.signatures(_moment(visit, time.time()))
    if route is None:
        return found
    known = await visit.evidence.plans()
    if route not in known:
        raise Refused(404, unknown_route(route, sorted(known)))
    return [one for one in found if one.route == route]


async def report_of(visit: Visit) -> Document:
    """Raises Refused and what the store raises."""
    route = visit.request.query.get("route")
    now = time.time()
    summaries = await visit.evidence.summaries(_moment(visit, now))
    try:
        version = visit.instance.told["table_version"] or None
        return report_document(summaries, now=now, route=route, table_version=version)
    except KeyError:
        raise Refused(404, unknown_route(route or "", [one.route for one in summaries])) from None


def _moment(visit: Visit, now: float) -> float | None:
    since = visit.request.query.get("since")
    try:
        return None if since is None else parse_since(since, now)
    except BadTime as error:
        raise Refused(400, str(error)) from error
