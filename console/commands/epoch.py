"""``strangler epoch``."""

from __future__ import annotations

import time
from typing import Any

import click

from console import recorded
from console.audit.commands import Doer, act, trail_of
from console.author import me
from console.options import audit_option, config_option, format_option, option, store_option
from console.output import print_json
from console.talk import talk
from console.terminal import plain_table, safe, show
from console.web.rights import Right
from proxy.model.log import rfc3339
from shadow.figures import plural
from shadow.model import Mark

MAX_REASON = 200
"""Characters."""


@click.command("epoch")
@click.argument("routes", nargs=-1, metavar="[ROUTE]...")
@option("--reason", metavar="TEXT", help="Why evidence counts anew: what was deployed or changed.")
@option("--by", metavar="NAME", help="Who says so; by default the user who runs this.")
@format_option("text", "json")
@store_option
@audit_option
@config_option
def command(
    *,
    routes: tuple[str, ...],
    reason: str | None,
    by: str | None,
    format_: str,
    store: str,
    audit: str | None,
    config: str,  # noqa: ARG001 - taken like everywhere; the store knows the table
) -> None:
    """Let evidence count anew from now on, or list when it did.

    With --reason, of every ROUTE that is named, of all without one: for a deploy, or new data, that no answer tells of. What was gathered
    before stays in the store, but counts no more, also if the old build comes back. A running instance goes by it at once; none need be
    running. Backends with a `version_header` need no mark for a deploy.

    Exit codes: 0 done, 2 usage, 3 there is no such route, or nothing was recorded yet.
    """
    if reason is None:
        with recorded.reading(store) as opened:
            _print(opened.marks(routes), format_)
        return
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise click.BadParameter(f"say in 1 to {MAX_REASON} characters why", param_hint="--reason")
    mark = Mark(time.time(), (by or me())[:MAX_REASON], reason)
    doer = Doer("epoch", trail_of(store, audit), by)
    with recorded.reading(store) as opened, act(doer, Right.REVIEW.value) as record:
        marked = opened.mark(routes, mark)
        record.names(routes=str(len(marked)), route=marked[0])
        record.changed({}, {"epoch": rfc3339(mark.at)}, f"evidence of {plural(len(marked), 'route')} counts anew")
    if format_ == "json":
        print_json(_document([(route, mark) for route in marked]))
    else:
        talk(f"From now on evidence of {plural(len(marked), 'route')} counts anew: {', '.join(marked)}.")


def _print(marks: list[tuple[str, Mark]], format_: str) -> None:
    if format_ == "json":
        print_json(_document(marks))
    elif not marks:
        talk("No marks: evidence counts anew only with other rules, or another build.")
    else:
        table = plain_table("route", "since", "by", "reason")
        for route, mark in marks:
            table.add_row(safe(route), f"{rfc3339(mark.at)[:19]}Z", safe(mark.who), safe(mark.reason))
        show(table)


def _document(marks: list[tuple[str, Mark]]) -> dict[str, Any]:
    listed = [{"route": route, "at": rfc3339(mark.at), "who": mark.who, "reason": mark.reason} for route, mark in marks]
    return {"marks": listed}
