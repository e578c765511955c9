"""Long work: what is under way, here and at terminals, how far it is, and what came of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Final

from aiohttp import web
from jinja2 import UndefinedError

from console.jobs.job import ENDED, Job, State
from console.web.answers import as_page
from console.web.job_forms import BEGINS, LIMITS, gone_to
from console.web.refused import Refused
from console.web.rights import Right
from console.web.visit import Visit
from proxy.model.log import rfc3339
from shadow.model import Outcome
from shadow.store import StoreError

Document = dict[str, Any]

UNREADABLE: Final = (
    "What came of it cannot be shown: another version of strangler wrote it. It is in this page's JSON (?format=json)."
)


async def show(visit: Visit) -> web.Response:
    """``?route=`` is what the forms begin with."""
    found = await asyncio.to_thread(visit.jobs.files.all)
    try:
        routes, plans, notices = await visit.evidence.routes(), await visit.evidence.plans(), []
    except StoreError as error:
        routes, plans, notices = [], {}, [str(error)]
    document = {
        "jobs": [_listed(job) for job in found],
        "running": any(job.state is State.RUNNING for job in found),
        "routes": routes,
        "copied": sorted(name for name, plan in plans.items() if plan.candidate is not None),
        "chosen": {"route": visit.request.query.get("route", "")},
        "outcomes": [outcome.value for outcome in Outcome],
        "limits": LIMITS,
        "may": {kind.value: visit.caller.may(right) for kind, right in BEGINS.items()},
        "notices": notices,
    }
    return as_page(visit, "jobs.html", document)


async def one(visit: Visit) -> web.Response:
    job = await _job_of(visit)
    document = {"job": job_document(job), "can_stop": _can_stop(visit, job), "notices": []}
    try:
        return as_page(visit, "job.html", document)
    except (TypeError, ValueError, UndefinedError):
        # Another version wrote it, or somebody else: what we expect in a result is not there.
        job = replace(job, result=None, detail=f"{UNREADABLE} {job.detail}".strip())
        return as_page(visit, "job.html", document | {"job": job_document(job)})


async def stop(visit: Visit) -> web.Response:
    job = await _job_of(visit)
    if not visit.caller.may(BEGINS.get(job.kind, Right.ADMINISTER)):
        raise Refused(403, f"who may not begin a {job.kind} may not stop one")
    if job.state in ENDED or not visit.jobs.stop(job.id):
        why = f"it has ended: {job.state}" if job.state in ENDED else "it was begun elsewhere: end it there with Ctrl-C"
        raise Refused(409, f"this job cannot be stopped here, {why}")
    return gone_to(job)


def job_document(job: Job) -> Document:
    return {
        **job.to_json(),
        "started_at": rfc3339(job.started_at),
        "ended_at": None if job.ended_at is None else rfc3339(job.ended_at),
        "seconds": None if job.ended_at is None else round(job.ended_at - job.started_at, 1),
    }


def _listed(job: Job) -> Document:
    return {name: value for name, value in job_document(job).items() if name != "result"}


def _can_stop(visit: Visit, job: Job) -> bool:
    ours = job.via == "console" and job.state is State.RUNNING
    return ours and visit.caller.may(BEGINS.get(job.kind, Right.ADMINISTER))


async def _job_of(visit: Visit) -> Job:
    given = visit.request.match_info["job"]
    job = await asyncio.to_thread(visit.jobs.files.one, given)
    if job is None:
        raise Refused(404, f"there is no job {given[:40]!r}; /jobs lists those that are remembered")
    visit.record.names(job=job.id)
    return job
