"""``strangler suggest``."""

from __future__ import annotations

import time

import click

from console import recorded
from console.options import config_option, format_option, route_option, store_option
from console.output import print_json
from console.suggested import suggested_document, suggested_yaml
from shadow.store.read_kept import Wanted

KEPT = 50
"""Pairs of a route that are looked at for what names the items of a list."""


@click.command("suggest")
@route_option
@format_option("yaml", "json")
@store_option
@config_option
def command(route: str | None, format_: str, store: str, config: str) -> None:  # noqa: ARG001 - taken like everywhere; the store knows the table
    """Propose compare rules, as YAML to paste into the route table.

    A rule is proposed only where the control disagrees with itself, or where answers differ in order or rounding alone; each with
    its evidence. What the candidate alone does is never proposed to be hidden. Also told: places that differ more often than
    noise explains, rules that hide nothing any more, and waivers that end. Nothing is changed.

    Exit codes: 0 printed, 3 nothing was recorded yet.
    """
    with recorded.reading(store) as opened:
        learned = opened.learned()
        if route is not None and route not in learned:
            raise click.BadParameter(recorded.unknown_route(route, list(learned)), param_hint="--route")
        chosen = [one for name, one in learned.items() if route in {None, name}]
        kept = {one.plan.route: opened.kept(Wanted(one.plan.route, rules=one.plan.rules, limit=KEPT)) for one in chosen}
    document = suggested_document(chosen, kept, now=time.time())
    if format_ == "json":
        print_json(document)
    else:
        click.echo(suggested_yaml(document))
