"""``strangler report``."""

from __future__ import annotations

import sys
import time

import click

from console import recorded
from console.exits import Exit
from console.options import config_option, format_option, route_option, since_option, store_option
from console.output import print_json
from console.report import is_blocked
from console.report_text import report_text
from console.terminal import show


@click.command("report")
@route_option
@since_option
@format_option("text", "json")
@store_option
@config_option
def command(route: str | None, since: float | None, format_: str, store: str, config: str) -> None:  # noqa: ARG001 - taken like everywhere; the store knows the table
    """Show how the answers compare, route by route, worst first.

    Per route: how many requests were seen, copied and compared, where the answers differ, whether it is ready to move, and
    why not.

    Exit codes: 0 no route is blocked, 1 a route is blocked, 3 nothing was recorded yet.
    """
    report = recorded.report(store, since=since, route=route, now=time.time())
    if format_ == "json":
        print_json(report)
    else:
        show(report_text(report, recorded.options_to_repeat(store)))
    sys.exit(Exit.FINDINGS if is_blocked(report) else Exit.FINE)
