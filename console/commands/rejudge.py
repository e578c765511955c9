"""``strangler rejudge``."""

from __future__ import annotations

import sys
import time

import click

from console import recorded
from console.author import account
from console.exits import Exit
from console.jobs.files import JobFiles, working
from console.jobs.job import Kind
from console.options import config_option, format_option, route_option, since_option, store_option
from console.output import print_json
from console.progress import bar
from console.rejudged_text import rejudged_text
from console.rejudging import rejudging
from console.store_files import jobs_directory
from console.table_file import table_of
from console.terminal import show
from shadow.model import Verdict


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
    table, now = table_of(file or config), time.time()
    found = recorded.summaries(store, since=since)
    recorded.chosen(found, route)
    about = f"the kept pairs of {route or 'all routes'} by {file or config}"
    with (
        recorded.reading(store) as opened,
        working(JobFiles(jobs_directory(store)), Kind.REJUDGE, about, account()) as told,
        bar("rejudging", 0, told, transient=True) as shown,
    ):
        document = rejudging(opened, table, found, shown, route=route, since=since, name=file or config, now=now)
    if format_ == "json":
        print_json(document)
    else:
        show(rejudged_text(document))
    blocked = any(one["after"]["readiness"]["verdict"] == Verdict.BLOCKED for one in document["routes"])
    sys.exit(Exit.FINDINGS if blocked else Exit.FINE)
