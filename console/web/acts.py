"""The audit log as programs and pages ask for it: filters and the number to go on from, as the address says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from console.audit.document import found_document
from console.audit.reading import Found, Wanted, find
from console.since import BadTime, parse_since
from console.web.answers import Document
from console.web.refused import Refused
from console.web.visit import Visit

FILTERS: Final = ("since", "who", "about")
PER_PAGE: Final = 100
MAX_NUMBER: Final = 10**15


async def found_of(visit: Visit) -> Found:
    """Raises Refused."""
    wanted = _wanted(visit.request.query)
    try:
        return await asyncio.to_thread(find, visit.trail.path, wanted)
    except OSError as error:
        raise Refused(503, f"the audit log cannot be read: {error.strerror or error}") from error


def acts_document(found: Found, query: Mapping[str, str]) -> Document:
    """Newest first; ``older`` is the query of what comes next, None at the end."""
    chosen = {name: given for name in FILTERS if (given := query.get(name))}
    older = None if found.before is None else "?" + urlencode({**chosen, "before": found.before})
    return {**found_document(found), "older": older}


def _wanted(query: Mapping[str, str]) -> Wanted:
    since = query.get("since")
    try:
        moment = parse_since(since, time.time()) if since else None
    except BadTime as error:
        raise Refused(400, str(error)) from error
    before = query.get("before")
    if before and not (before.isascii() and before.isdecimal() and len(before) < 17 and 0 < int(before) <= MAX_NUMBER):
        raise Refused(400, f"before is the number of a line; {before!r} is not")
    return Wanted(moment, query.get("who", ""), query.get("about", ""), int(before) if before else None, PER_PAGE)
