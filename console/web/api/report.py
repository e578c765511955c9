"""The shadow-diff report, of all routes or one, as ``?route=NAME&since=24h`` asks."""

from __future__ import annotations

import time

from aiohttp import web

from console.recorded import unknown_route
from console.report import report_document, signatures_document
from console.since import BadTime, parse_since
from console.web.answers import Document, as_json
from console.web.refused import Refused
from console.web.visit import Visit


async def show(visit: Visit) -> web.Response:
    return as_json(await report_of(visit))


async def signatures(visit: Visit) -> web.Response:
    return as_json(signatures_document(await report_of(visit)))


async def report_of(visit: Visit) -> Document:
    """Raises Refused and what the store raises."""
    since = visit.request.query.get("since")
    route = visit.request.query.get("route")
    now = time.time()
    try:
        moment = None if since is None else parse_since(since, now)
    except BadTime as error:
        raise Refused(400, str(error)) from error
    summaries = await visit.evidence.summaries(moment)
    try:
        version = visit.instance.told["table_version"] or None
        return report_document(summaries, now=now, route=route, table_version=version)
    except KeyError:
        raise Refused(404, unknown_route(route or "", [one.route for one in summaries])) from None
