"""Every address of the admin port: who may ask it, and who answers. A new one is a row here."""

from __future__ import annotations

from typing import Final, NamedTuple

from console.web.rights import Right


class Address(NamedTuple):
    """``path`` as aiohttp takes it, ``handler`` by its name within ``console.web`` (see ``handlers``). ``bodies``: shows recorded requests and answers, which is a right of its own. ``tells``: is sent something, and only
    tells what would come of it."""

    method: str
    path: str
    right: Right
    handler: str
    bodies: bool = False
    tells: bool = False


ADDRESSES: Final = (
    Address("GET", "/", Right.VIEW, "pages.overview.show"),
    Address("GET", "/routes/{name}", Right.VIEW, "pages.route.show"),
    Address("GET", "/routes/{name}/changes", Right.VIEW, "pages.route_changes.show"),
    Address("GET", "/table", Right.VIEW, "pages.table.show"),
    Address("POST", "/table/plan", Right.OPERATE, "pages.table.plan", tells=True),
    Address("POST", "/table/apply", Right.OPERATE, "pages.table.apply"),
    Address("GET", "/table/result", Right.VIEW, "pages.result.show"),
    Address("GET", "/table/weights", Right.VIEW, "pages.weights.show"),
    Address("GET", "/table/move", Right.VIEW, "pages.weights.plan"),
    Address("POST", "/table/move", Right.OPERATE, "pages.weights.make"),
    Address("GET", "/table/versions", Right.VIEW, "pages.versions.show"),
    Address("GET", "/table/versions/{version}", Right.VIEW, "pages.versions.one"),
    Address("POST", "/table/versions/{version}/restore", Right.OPERATE, "pages.versions.restore"),
    Address("GET", "/table/codes/{code}", Right.VIEW, "pages.table.code"),
    Address("GET", "/system", Right.VIEW, "pages.system.show"),
    Address("GET", "/jobs", Right.VIEW, "pages.jobs.show"),
    Address("GET", "/jobs/events", Right.VIEW, "api.events.of_jobs"),
    Address("POST", "/jobs/replay", Right.OPERATE, "pages.job_begun.replay"),
    Address("POST", "/jobs/rejudge", Right.REVIEW, "pages.job_begun.rejudge"),
    Address("POST", "/jobs/purge", Right.ADMINISTER, "pages.purge.begin"),
    Address("POST", "/jobs/purge/plan", Right.ADMINISTER, "pages.purge.plan", tells=True),
    Address("GET", "/jobs/{job}", Right.VIEW, "pages.jobs.one"),
    Address("POST", "/jobs/{job}/stop", Right.REVIEW, "pages.jobs.stop"),
    Address("GET", "/audit", Right.ADMINISTER, "pages.acts.show"),
    Address("GET", "/events", Right.VIEW, "api.events.show"),
    Address("GET", "/differences", Right.VIEW, "pages.differences.show"),
    Address("GET", "/differences/{signature}", Right.VIEW, "pages.difference.show"),
    Address("POST", "/differences/{signature}/triage", Right.REVIEW, "pages.difference.triage"),
    Address("POST", "/differences/{signature}/waive", Right.REVIEW, "pages.difference.accept"),
    Address("GET", "/pairs/{id}", Right.VIEW, "pages.pair.show", bodies=True),
    Address("GET", "/pairs/{id}/answers", Right.VIEW, "pages.pair.answers", bodies=True),
    Address("POST", "/pairs/{id}/replay", Right.REVIEW, "pages.pair.again", bodies=True),
    Address("GET", "/login", Right.OPEN, "pages.login.show"),
    Address("POST", "/login", Right.OPEN, "pages.login.enter"),
    Address("GET", "/login/provider", Right.OPEN, "pages.provider.leave"),
    Address("GET", "/login/provider/back", Right.OPEN, "pages.provider.come_back"),
    Address("POST", "/logout", Right.OPEN, "pages.login.leave"),
    Address("GET", "/static/{hash}/{name}", Right.OPEN, "static.show"),
    Address("GET", "/healthz", Right.OPEN, "api.health.alive"),
    Address("GET", "/-/healthy", Right.OPEN, "api.health.alive"),
    Address("GET", "/readyz", Right.OPEN, "api.health.ready"),
    Address("GET", "/-/ready", Right.OPEN, "api.health.ready"),
    Address("GET", "/metrics", Right.VIEW, "api.metrics.show"),
    Address("POST", "/-/reload", Right.OPERATE, "api.reload.ask"),
    Address("GET", "/api/openapi.json", Right.OPEN, "api.status.describe"),
    Address("GET", "/api/v1/status", Right.VIEW, "api.status.show"),
    Address("GET", "/api/v1/table", Right.VIEW, "api.table.show"),
    Address("PUT", "/api/v1/table", Right.OPERATE, "api.table.write"),
    Address("GET", "/api/v1/table/versions", Right.VIEW, "api.table.versions"),
    Address("GET", "/api/v1/table/versions/{version}", Right.VIEW, "api.table.version"),
    Address("POST", "/api/v1/table/plan", Right.OPERATE, "api.table.plan"),
    Address("POST", "/api/v1/table/rollback", Right.OPERATE, "api.table.rollback"),
    Address("GET", "/api/v1/report", Right.VIEW, "api.report.show"),
    Address("GET", "/api/v1/signatures", Right.VIEW, "api.report.signatures"),
    Address("POST", "/api/v1/signatures/{signature}/triage", Right.REVIEW, "api.signatures.triage"),
    Address("POST", "/api/v1/signatures/{signature}/waive", Right.REVIEW, "api.signatures.accept"),
    Address("GET", "/api/v1/pairs/{id}", Right.VIEW, "api.pairs.show", bodies=True),
    Address("GET", "/api/v1/audit", Right.ADMINISTER, "api.audit.show"),
)
