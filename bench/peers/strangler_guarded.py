"""Ours with every guard on: health checks, breaker, bulkhead, ejection, retries, a rate limit for each user, a limit for bodies."""

from __future__ import annotations

from bench.peers import strangler
from bench.scene import Scene

NAME = "strangler-guarded"
PROGRAMS = strangler.PROGRAMS
is_live_path = strangler.is_live_path

BACKEND = ", health: { path: / }, breaker: {}, bulkhead: { in_flight: 1000, queue: 100 }, ejection: {}"
ROUTE = """\
    fallback: legacy
    retries: {}
    rate_limit: { requests: 1000000, per: 1s, by: identity }
    limits: { body: 10MiB }
    timeouts: { total: 60s }
"""


def command(scene: Scene) -> list[str]:
    return strangler.command(scene, route=ROUTE, backend=BACKEND)
