"""What a handler gets: the request, who sent it, and the things it may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from console.web.caller import Caller
from console.web.evidence import Evidence
from console.web.instance import Instance
from console.web.live import Live


@dataclass(frozen=True, slots=True)
class Visit:
    request: web.Request
    caller: Caller
    instance: Instance
    evidence: Evidence
    live: Live


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]
