"""What a handler gets: the request, who sent it, and the things it may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from console.access.sessions import Session
from console.audit.record import Record
from console.audit.trail import Trail
from console.jobs.jobs import Jobs
from console.web.caller import Caller
from console.web.entrance import Entrance
from console.web.evidence import Evidence
from console.web.instance import Instance
from console.web.live import Live
from console.web.logins import Logins


@dataclass(frozen=True, slots=True)
class Visit:
    """``record``: what a handler that changes something says of it for the audit log, which is ``trail``."""

    request: web.Request
    caller: Caller
    instance: Instance
    evidence: Evidence
    live: Live
    trail: Trail
    entrance: Entrance
    logins: Logins
    jobs: Jobs
    session: Session | None = None
    record: Record = field(default_factory=Record)


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]
