"""``strangler report``."""

from __future__ import annotations

import sys
import time

import click

from console import recorded
from console.exits import Exit
from console.options import config_option, format_option, output_option, route_option, since_option, store_option
from console.output import hand_over
from console.report import is_blocked
from console.report_formats import FORMATS
from console.report_text import report_text
from console.terminal import show


@click.command("report")
@route_option
@since_option
@format_option(*FORMATS)
@output_option
@store_option
@config_option
def command(route: str | None, since: float | None, format_: str, output: str | None, store: str, config: str) -> None:
    """Show how the answers compare, route by route, worst first.

    Per route: how many requests were seen, copied and compared, where the answers differ, whether it is ready to move, and
    why not. Formats to share: `markdown` for a pull request (at most 65,000 characters), `junit` with one test case for
    each route (blocked is failed, undecided is skipped), `sarif` with one result for each signature at its route's line
    of the route table, `html` as one page that needs nothing beside itself.

    Exit codes: 0 no route is blocked, 1 a route is blocked, 3 nothing was recorded yet.
    """
    report = recorded.report(store, since=since, route=route, now=time.time())
    if format_ == "text" and output is None:
        show(report_text(report, recorded.options_to_repeat(store)))
    else:
        hand_over(FORMATS[format_](report, config), output)
    sys.exit(Exit.FINDINGS if is_blocked(report) else Exit.FINE)
