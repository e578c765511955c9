"""What the forms that begin jobs have in common: who may, what they offer, and the way to the job's page."""

from __future__ import annotations

import time
from typing import Final

from aiohttp import web

from console.jobs.asked import Asked
from console.jobs.job import Job, Kind
from console.jobs.jobs import Busy
from console.since import BadTime, parse_since
from console.web.fields import Fields, text_of
from console.web.refused import Refused
from console.web.rights import Right
from console.web.visit import Visit

BEGINS: Final = {Kind.REPLAY: Right.OPERATE, Kind.REJUDGE: Right.REVIEW, Kind.PURGE: Right.ADMINISTER}
"""Who may begin a job; that one may stop it, too."""

LIMITS: Final = ("50", "200", "1000")
"""How many requests a replay may send."""

MOST: Final = 200
"""Characters of a field."""


async def begun(visit: Visit, kind: Kind, about: str, asked: Asked) -> web.Response:
    """On to the page that shows how far it is. Raises Refused."""
    try:
        job = await visit.jobs.begin(kind, about, visit.caller.name, asked)
    except Busy as error:
        raise Refused(409, str(error), {"job": error.job.id}) from error
    except OSError as error:
        raise Refused(503, f"the job could not be begun: {error}") from error
    visit.record.names(job=job.id)
    return gone_to(job)


def gone_to(job: Job) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/jobs/{job.id}"})


def since_of(fields: Fields, name: str) -> float | None:
    """Unix time. Raises Refused."""
    given = text_of(fields, name, most=MOST)
    try:
        return parse_since(given, time.time()) if given else None
    except BadTime as error:
        raise Refused(400, f"{name}: {error}") from error
