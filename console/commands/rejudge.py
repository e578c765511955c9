"""``strangler rejudge``."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from console import recorded
from console.exits import Exit
from console.options import config_option, format_option, route_option, since_option, store_option
from console.output import print_json
from console.progress import Bar, bar
from console.rejudged import rejudged_document
from console.rejudged_text import rejudged_text
from console.table_file import table_of
from console.terminal import show
from proxy.model.log import rfc3339
from proxy.model.plan import Plan
from proxy.model.table import CompareRules
from shadow.again.rejudge import Rejudged, rejudge
from shadow.judge import bars_of
from shadow.model import ALONE, Verdict
from shadow.store import SqliteStore
from shadow.store.read_kept import Wanted


@click.command("rejudge")
@click.argument("file", required=False)
@route_option
@since_option
@format_option("text", "json")
@store_option
@config_option
def command(file: str | None, route: str | None, since: float | None, format_: str, store: str, config: str) -> None:
    """Tell what the verdicts would have been under other rules.

    The compare rules of FILE, a route table, by default that of --config: edit its compare rules, look what would have come of them, and only
    then put it into force. The pairs that were kept are compared again; as only some of each signature and outcome are kept a
    day, the counts are estimates. Nothing is changed.

    Exit codes: 0 no route would be blocked, 1 a route would be blocked or FILE is no good table, 3 nothing was recorded yet.
    """
    routes = {one.name: one for one in table_of(file or config).routes}
    found, now = recorded.summaries(store, since=since), time.time()
    summaries, bars = recorded.chosen(found, route), bars_of(found, now=now)
    with recorded.reading(store) as opened, bar("rejudging", transient=True) as shown:
        plans = opened.plans()
        documents = [
            rejudged_document(
                summary,
                _again(opened, since, routes[summary.route].compare, plans[summary.route], shown),
                now=now,
                bar=bars.get(summary.route, ALONE),
            )
            for summary in summaries
            if summary.route in routes and summary.candidate is not None
        ]
    document: dict[str, Any] = {
        "generated_at": rfc3339(now),
        "table": file or config,
        "routes": [one for one in documents if one["kept"]],
        "unknown": [summary.route for summary in summaries if summary.route not in routes],
    }
    if format_ == "json":
        print_json(document)
    else:
        show(rejudged_text(document))
    blocked = any(one["after"]["readiness"]["verdict"] == Verdict.BLOCKED for one in document["routes"])
    sys.exit(Exit.FINDINGS if blocked else Exit.FINE)


def _again(store: SqliteStore, since: float | None, rules: CompareRules, plan: Plan, shown: Bar) -> Rejudged:
    pairs = store.kept(Wanted(route=plan.route, since=since, rules=plan.rules))
    return rejudge(plan.route, shown.each(pairs, len(pairs)), rules, plan)
