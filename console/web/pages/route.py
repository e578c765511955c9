"""One route: how a request goes through it, what every gate says, what was found over time, and what rules hide."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from aiohttp import web

from console.report import route_document, wrong
from console.web.answers import as_page
from console.web.latency import latency_document
from console.web.moves import moves_document
from console.web.pages.overview import chosen_window, match_words, weights
from console.web.refused import Refused
from console.web.traffic import WINDOWS, first_hour, traffic_document
from console.web.visit import Visit
from proxy.model.log import rfc3339
from proxy.model.table import Route
from shadow.judge import bars_of, lines_of
from shadow.model import ALONE, RouteSummary
from shadow.store import StoreError
from shadow.store.read_latency import HourLatency
from shadow.store.read_traffic import EpochSeen, Hour

Document = dict[str, Any]

MOST_SIGNATURES: Final = 20


async def show(visit: Visit) -> web.Response:
    name = visit.request.match_info["name"]
    now, window = time.time(), chosen_window(visit.request.query)
    table = visit.instance.table
    route = next((one for one in table.routes if one.name == name), None) if table else None
    summaries: list[RouteSummary] = []
    hours: list[Hour] = []
    latency: list[HourLatency] = []
    epochs: list[EpochSeen] = []
    trouble = None
    try:
        summaries = await visit.evidence.summaries()
        first, width = first_hour(now, window), WINDOWS[window][1]
        hours = (await visit.evidence.traffic(first, name, width=width)).get(name, [])
        latency = await visit.evidence.latency(first, name, width=width)
        epochs = await visit.evidence.past_epochs(name)
    except StoreError as error:
        trouble = f"no evidence to show: {error}"
    if route is None and not any(one.route == name for one in summaries):
        raise Refused(404, f"the table has no route {name!r}")
    status = await visit.instance.status()
    document = {
        "route": name,
        "notices": [trouble] if trouble else [],
        "chain": _chain(route, status) if route else None,
        "evidence": evidence_document(summaries, name, now),
        "traffic": traffic_document(hours, now=now, window=window),
        "latency": latency_document(latency, now=now, window=window),
        "windows": list(WINDOWS),
        "table": await _moves(visit, name),
        "epochs": [_epoch(one) for one in epochs],
        "bodies": visit.caller.bodies,
    }
    return as_page(visit, "route.html", document)


async def _moves(visit: Visit, name: str) -> Document:
    try:
        return await asyncio.to_thread(moves_document, visit.instance.journal, name)
    except OSError:
        return {"moves": [], "earlier": False}  # the page of the instance says what is wrong with the journal


def evidence_document(summaries: list[RouteSummary], name: str, now: float) -> Document | None:
    """None if nothing is known of the route. As in the report, with a line for every gate."""
    summary = next((one for one in summaries if one.route == name), None)
    if summary is None:
        return None
    bar = bars_of(summaries, now=now).get(name, ALONE)
    document = route_document(summary, now=now, bar=bar)
    bad, judged = wrong(document)
    return {
        **document,
        "signatures": document["signatures"][:MOST_SIGNATURES],
        "signatures_in_all": len(document["signatures"]),
        "wrong": bad,
        "judged": judged,
        "gates": [
            {
                "gate": line.gate,
                "question": line.question,
                "verdict": line.finding.verdict.value if line.finding else None,
                "reason": line.finding.reason if line.finding else None,
            }
            for line in lines_of(summary, now=now, bar=bar)
        ],
    }


def _chain(route: Route, status: Document) -> Document:
    """What a request meets, in this order: match, split, backend; beside it what the shadow does."""
    backends = {backend["name"]: backend for backend in status["backends"]}
    shadow = route.shadow
    return {
        "match": match_words(route),
        "stage": route.stage.value,
        "group": route.group,
        "sticky": route.sticky,
        "weights": weights(route),
        "backends": [
            {**arm, **{key: backends[arm["backend"]][key] for key in ("endpoints", "breaker", "in_flight", "failed")}}
            for arm in weights(route)
            if arm["backend"] in backends
        ],
        "fallback": route.fallback,
        "shadow": None
        if shadow is None
        else {"candidate": route.candidate, "sample": shadow.sample, "unsafe": shadow.unsafe},
    }


def _epoch(one: EpochSeen) -> Document:
    return {
        "opened": rfc3339(one.opened_at),
        "first_pair": None if one.first_pair is None else rfc3339(one.first_pair),
        "last_pair": None if one.last_pair is None else rfc3339(one.last_pair),
        "rules": one.rules,
        "control_version": one.control_version,
        "candidate_version": one.candidate_version,
        "mark": None if one.mark is None else {"who": one.mark[0], "reason": one.mark[1]},
        "outcomes": one.outcomes,
    }
