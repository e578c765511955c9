"""Begins long work that changes nothing here: kept requests sent to the candidate again, and judged again by other rules."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from console.jobs.asked import Rejudge, Replay
from console.jobs.job import Kind
from console.web.drafts import as_in_file
from console.web.fields import fields_of, one_of, text_of, unknown, whole_text
from console.web.job_forms import LIMITS, MOST, begun, since_of
from console.web.judged import checked
from console.web.refused import Refused
from console.web.visit import Visit
from proxy.model.versions import hash_of
from shadow.model import Outcome

OUTCOMES: Final = ("", *(outcome.value for outcome in Outcome))

IN_FORCE: Final = "the table in force"
DRAFT: Final = "the text in the editor"


async def replay(visit: Visit) -> web.Response:
    """Sends kept requests of a route to its candidate again. Only what is safe to repeat is sent."""
    fields = await fields_of(visit.request)
    unknown(fields, ("route", "since", "outcome", "limit", "csrf"))
    route = text_of(fields, "route", most=MOST, least=1)
    plan = (await visit.evidence.plans()).get(route)
    text = visit.instance.text
    if text is None or plan is None or plan.candidate is None or not plan.urls.get(plan.candidate):
        raise Refused(409, f"the table has no candidate for {route}: there is nobody to send requests to")
    asked = Replay(
        route=route,
        url=plan.urls[plan.candidate][0],
        table=text,
        since=since_of(fields, "since"),
        outcome=one_of(fields, "outcome", OUTCOMES) or None,
        limit=int(one_of(fields, "limit", LIMITS)),
    )
    visit.record.names(route=route, backend=plan.candidate)
    return await begun(visit, Kind.REPLAY, f"kept requests of {route} to {plan.candidate}", asked)


async def rejudge(visit: Visit) -> web.Response:
    """Tells what the verdicts would have been, by the compare rules of ``text``, or of the table in force."""
    fields = await fields_of(visit.request)
    unknown(fields, ("text", "route", "since", "base", "planned", "reason", "csrf"))
    in_force = visit.instance.text
    text = fields.get("text", in_force)
    if not isinstance(text, str):
        raise Refused(409, "there is no table whose rules could be taken: no file was served")
    text = as_in_file(whole_text(text, "text"), in_force or "")
    table = await checked(text)
    route = text_of(fields, "route", most=MOST) or None
    if route is not None and route not in {one.name for one in table.routes}:
        raise Refused(404, f"there is no route {route!r} in that table")
    name = IN_FORCE if text == in_force else DRAFT
    asked = Rejudge(table=text, name=name, route=route, since=since_of(fields, "since"))
    visit.record.names(route=route or "", table=hash_of(text))
    return await begun(visit, Kind.REJUDGE, f"what is kept of {route or 'all routes'}, by {name}", asked)
