"""The overview: every route with its stage, weights, evidence and verdict; below, what it runs on."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from console.report import report_document, wrong
from console.web.answers import as_page
from console.web.visit import Visit
from proxy.model.table import LEGACY, Route, Table
from shadow.store import StoreError

Document = dict[str, Any]


async def show(visit: Visit) -> web.Response:
    report = None
    trouble = None
    try:
        report = report_document(await visit.evidence.summaries(), now=time.time())
    except StoreError as error:
        trouble = f"no evidence to show: {error}"
    document = overview_document(await visit.instance.status(), visit.instance.table, report, trouble)
    return as_page(visit, "overview.html", document)


def overview_document(status: Document, table: Table | None, report: Document | None, trouble: str | None) -> Document:
    """``report`` is None when there is no evidence to show; ``trouble`` says why."""
    recorded = {route["route"]: route for route in report["routes"]} if report else {}
    known = {route.name: route for route in table.routes} if table else {}
    names = [*recorded, *(name for name in known if name not in recorded)]
    return {
        "status": status,
        "notices": [*status["reasons"], *([trouble] if trouble else [])],
        "routes": [_route(name, known.get(name), recorded.get(name)) for name in names],
    }


def _route(name: str, route: Route | None, recorded: Document | None) -> Document:
    compared = recorded is not None and recorded["candidate"] is not None
    bad, judged = wrong(recorded) if recorded is not None and compared else (0, 0)
    return {
        "route": name,
        "stage": recorded["stage"] if recorded else route.stage.value if route else "",
        "group": route.group if route else None,
        "weights": weights(route) if route else [],
        "shadowed": compared,
        "seen": recorded["seen"] if recorded else None,
        "compared": recorded["compared"] if recorded else None,
        "wrong": bad,
        "judged": judged,
        "verdict": recorded["readiness"]["verdict"] if recorded and compared else None,
        "reasons": recorded["readiness"]["reasons"] if recorded and compared else [],
        "latency_ms": recorded["latency_ms"] if recorded else None,
        "signatures": recorded["signatures"] if recorded else [],
    }


def weights(route: Route) -> list[Document]:
    """The new sides first, legacy last; ``at`` and ``share`` in per cent, as a bar needs them."""
    whole = sum(weight for _, weight in route.split.weights) or 1
    arms = []
    at = 0.0
    for name, weight in sorted(route.split.weights, key=lambda arm: arm[0] == LEGACY):
        share = 100 * weight / whole
        arms.append({"backend": name, "weight": weight, "legacy": name == LEGACY, "at": at, "share": share})
        at += share
    return arms
