"""The overview: how much the new services answer already, and every route with its stage, weights, evidence and verdict, worst first."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from console.report import report_document, wrong
from console.status import urgent
from console.web.answers import as_page
from console.web.moves import arms
from console.web.paging import paged
from console.web.traffic import WINDOWS, added, first_hour, moved, owners_of, traffic_document
from console.web.visit import Visit
from proxy.model.table import LEGACY, Route, Stage, Table
from shadow.judge import PRECEDENCE
from shadow.store import StoreError
from shadow.store.read_traffic import Hour

Document = dict[str, Any]
Traffic = Mapping[str, list[Hour]]

FILTERS: Final = ("q", "stage", "verdict")
MOST_SIGNATURES: Final = 3
"""Of a route: its own page has more, and the differences all of them."""

RECENT_HOURS: Final = 2
"""What is called the actual share: the hour that runs and the one before it."""


async def show(visit: Visit) -> web.Response:
    now = time.time()
    query = visit.request.query
    window = chosen_window(query)
    report = None
    traffic: Traffic = {}
    recent: Traffic = {}
    differing: dict[str, int] = {}
    trouble = None
    try:
        summaries, traffic, recent = await asyncio.gather(
            visit.evidence.summaries(),
            visit.evidence.traffic(first_hour(now, window), width=WINDOWS[window][1]),
            visit.evidence.traffic(int(now // 3600) - RECENT_HOURS + 1),
        )
        report = report_document(summaries, now=now, most=MOST_SIGNATURES)
        for one in summaries:
            differing[one.route] = len(one.signatures)
    except StoreError as error:
        trouble = f"no evidence to show: {error}"
    document = overview_document(
        await visit.instance.status(),
        visit.instance.table,
        report,
        trouble,
        traffic={"hours": traffic, "recent": recent, "now": now, "window": window},
        differing=differing,
        query=query,
    )
    return as_page(visit, "overview.html", document)


def chosen_window(query: Mapping[str, str]) -> str:
    window = query.get("window", "24h")
    return window if window in WINDOWS else "24h"


def overview_document(
    status: Document,
    table: Table | None,
    report: Document | None,
    trouble: str | None,
    *,
    traffic: Document | None = None,
    differing: Mapping[str, int] | None = None,
    query: Mapping[str, str] | None = None,
) -> Document:
    """``report`` is None when there is no evidence to show; ``trouble`` says why. ``traffic`` has the ``hours`` of each route
    in the ``window``, those that are ``recent``, and ``now``; ``differing`` is how many signatures each has, of which the report may tell
    the first; ``query`` is the page's."""
    query = query or {}
    traffic = traffic or {"hours": {}, "recent": {}, "now": 0.0, "window": "24h"}
    recorded = {route["route"]: route for route in report["routes"]} if report else {}
    known = {route.name: route for route in table.routes} if table else {}
    names = [*recorded, *(name for name in known if name not in recorded)]
    hours: Traffic = traffic["hours"]
    recent: Traffic = traffic["recent"]
    routes = [
        _route(name, known.get(name), recorded.get(name), (differing or {}).get(name))
        | _owners(hours.get(name, []), recent.get(name, []))
        for name in names
    ]
    chosen = {name: query.get(name, "") for name in FILTERS}
    shown = paged([route for route in routes if _fits(route, chosen)], query)
    return {
        "status": status,
        "notices": [*status["reasons"], *([trouble] if trouble else [])],
        "urgent": urgent(status),
        "stages": _counted(routes, "stage", [stage.value for stage in Stage]),
        "verdicts": _counted(routes, "verdict", [verdict.value for verdict in PRECEDENCE]),
        "traffic": traffic_document(added(hours), now=traffic["now"], window=traffic["window"]),
        "windows": list(WINDOWS),
        "chosen": chosen,
        "all": len(routes),
        "list": shown,
        "routes": shown["items"],
    }


def _route(name: str, route: Route | None, recorded: Document | None, differing: int | None) -> Document:
    signatures = recorded["signatures"] if recorded else []
    compared = recorded is not None and recorded["candidate"] is not None
    bad, judged = wrong(recorded) if recorded is not None and compared else (0, 0)
    return {
        "route": name,
        "stage": recorded["stage"] if recorded else route.stage.value if route else "",
        "match": match_words(route) if route else [],
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
        "signatures": signatures[:MOST_SIGNATURES],
        "signatures_in_all": len(signatures) if differing is None else differing,
    }


def _owners(hours: list[Hour], recent: list[Hour]) -> Document:
    """Of this window and, as ``actual``, of the last hours."""
    return {"traffic": moved(owners_of(hours)), "actual": moved(owners_of(recent))}


def _counted(routes: list[Document], name: str, values: list[str]) -> dict[str, int]:
    found = Counter(route[name] for route in routes)
    return {value: found[value] for value in values}


def _fits(route: Document, chosen: Mapping[str, str]) -> bool:
    if any(chosen[name] and route[name] != chosen[name] for name in ("stage", "verdict")):
        return False
    sought = chosen["q"].casefold()
    return any(sought in text.casefold() for text in (route["route"], route["group"] or "", *route["match"]))


def match_words(route: Route) -> list[str]:
    """One line for each way to match: methods, host, path, conditions."""
    return [
        " ".join(
            [
                *sorted(match.methods),
                (match.host or "") + (match.path or (f"~{match.path_regex}" if match.path_regex else "/**")),
                *(f"{one.kind.value} {one.name}: {one.value}" for one in match.conditions),
            ]
        )
        for match in route.matches
    ]


def weights(route: Route) -> list[Document]:
    """The new sides first, legacy last; ``at`` and ``share`` in per cent, as a bar needs them."""
    return arms(sorted(route.split.weights, key=lambda arm: arm[0] == LEGACY))
