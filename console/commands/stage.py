"""``strangler stage``."""

from __future__ import annotations

from typing import Any

import click

from console.options import config_option, format_option
from console.output import print_json
from console.table.moves import shares
from console.table_file import table_of
from console.talk import talk
from console.terminal import plain_table, safe, show
from proxy.model.table import Route


@click.command("stage")
@config_option
@format_option("text", "json")
def command(config: str, format_: str) -> None:
    """Tell the stage of every route.

    It follows from the route table: legacy, shadow (copies are compared), canary (a real split), live (nothing goes to legacy),
    retired (legacy is never called any more).

    Exit codes: 0 printed, 1 the table has mistakes, or cannot be read.
    """
    table = table_of(config)
    stages = [_stage(route) for route in table.routes]
    if format_ == "json":
        print_json({"file": config, "routes": stages})
        return
    if not table.routes:
        talk("No routes: everything goes to legacy.")
        return
    shown = plain_table("route", "stage", "group", "goes to")
    for one in stages:
        drawn = ", ".join(f"{name} {share * 100:.4g} %" for name, share in one["shares"].items() if share)
        shown.add_row(safe(one["route"]), one["stage"], safe(one["group"] or ""), safe(drawn))
    show(shown)


def _stage(route: Route) -> dict[str, Any]:
    weights = dict(route.split.weights)
    return {
        "route": route.name,
        "stage": route.stage.value,
        "group": route.group,
        "weights": weights,
        "shares": {name: round(share, 6) for name, share in shares(weights).items()},
        "shadowed": route.shadow is not None,
    }
