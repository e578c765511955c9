"""Every address of the admin port: who may ask it, and who answers. A new one is a row here."""

from __future__ import annotations

from typing import Final, NamedTuple

from console.web import static
from console.web.api import events, health, metrics, pairs, reload, report, signatures, status, table
from console.web.pages import difference, differences, overview, pair, route, system
from console.web.rights import Right
from console.web.visit import Handler


class Address(NamedTuple):
    """``path`` as aiohttp takes it. ``bodies``: shows recorded requests and answers, which is a right of its own."""

    method: str
    path: str
    right: Right
    handler: Handler
    bodies: bool = False


ADDRESSES: Final = (
    Address("GET", "/", Right.VIEW, overview.show),
    Address("GET", "/routes/{name}", Right.VIEW, route.show),
    Address("GET", "/system", Right.VIEW, system.show),
    Address("GET", "/events", Right.VIEW, events.show),
    Address("GET", "/differences", Right.VIEW, differences.show),
    Address("GET", "/differences/{signature}", Right.VIEW, difference.show),
    Address("POST", "/differences/{signature}/triage", Right.REVIEW, difference.triage),
    Address("POST", "/differences/{signature}/waive", Right.REVIEW, difference.accept),
    Address("GET", "/pairs/{id}", Right.VIEW, pair.show, bodies=True),
    Address("GET", "/pairs/{id}/answers", Right.VIEW, pair.answers, bodies=True),
    Address("POST", "/pairs/{id}/replay", Right.REVIEW, pair.again, bodies=True),
    Address("GET", "/static/{hash}/{name}", Right.OPEN, static.show),
    Address("GET", "/healthz", Right.OPEN, health.alive),
    Address("GET", "/-/healthy", Right.OPEN, health.alive),
    Address("GET", "/readyz", Right.OPEN, health.ready),
    Address("GET", "/-/ready", Right.OPEN, health.ready),
    Address("GET", "/metrics", Right.VIEW, metrics.show),
    Address("POST", "/-/reload", Right.OPERATE, reload.ask),
    Address("GET", "/api/openapi.json", Right.OPEN, status.describe),
    Address("GET", "/api/v1/status", Right.VIEW, status.show),
    Address("GET", "/api/v1/table", Right.VIEW, table.show),
    Address("PUT", "/api/v1/table", Right.OPERATE, table.write),
    Address("GET", "/api/v1/table/versions", Right.VIEW, table.versions),
    Address("POST", "/api/v1/table/plan", Right.OPERATE, table.plan),
    Address("POST", "/api/v1/table/rollback", Right.OPERATE, table.rollback),
    Address("GET", "/api/v1/report", Right.VIEW, report.show),
    Address("GET", "/api/v1/signatures", Right.VIEW, report.signatures),
    Address("POST", "/api/v1/signatures/{signature}/triage", Right.REVIEW, signatures.triage),
    Address("POST", "/api/v1/signatures/{signature}/waive", Right.REVIEW, signatures.accept),
    Address("GET", "/api/v1/pairs/{id}", Right.VIEW, pairs.show, bodies=True),
)
