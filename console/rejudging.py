"""Judges the pairs that were kept again, by the compare rules of a table, route by route."""

from __future__ import annotations

from collections.abc import Sequence

from console.progress import Bar
from console.rejudged import Document, rejudged_document
from console.report import select
from proxy.model.log import rfc3339
from proxy.model.plan import Plan
from proxy.model.table import CompareRules, Table
from shadow.again.rejudge import Rejudged, rejudge
from shadow.judge import bars_of
from shadow.model import ALONE, RouteSummary
from shadow.store import SqliteStore
from shadow.store.read_kept import Wanted


def rejudging(
    store: SqliteStore,
    table: Table,
    found: Sequence[RouteSummary],
    shown: Bar,
    *,
    route: str | None,
    since: float | None,
    name: str,
    now: float,
) -> Document:
    """``found`` are the summaries of all routes since then, ``route`` the only one that is asked for; ``name`` is what the table is called."""
    routes = {one.name: one for one in table.routes}
    chosen, bars, plans = select(list(found), route), bars_of(list(found), now=now), store.plans()
    documents = [
        rejudged_document(
            summary,
            _again(store, since, routes[summary.route].compare, plans[summary.route], shown),
            now=now,
            bar=bars.get(summary.route, ALONE),
        )
        for summary in chosen
        if summary.route in routes and summary.candidate is not None
    ]
    return {
        "generated_at": rfc3339(now),
        "table": name,
        "routes": [one for one in documents if one["kept"]],
        "unknown": [summary.route for summary in chosen if summary.route not in routes],
    }


def _again(store: SqliteStore, since: float | None, rules: CompareRules, plan: Plan, shown: Bar) -> Rejudged:
    pairs = store.kept(Wanted(route=plan.route, since=since, rules=plan.rules))
    return rejudge(plan.route, shown.each(pairs, len(pairs)), rules, plan)
