"""``strangler plan``."""

from __future__ import annotations

import click

from console.options import DEFAULT_CONFIG, config_option, format_option, store_option
from console.output import print_json
from console.plan_text import plan_text
from console.planned import planned


@click.command("plan")
@click.argument("file", default=DEFAULT_CONFIG)
@config_option
@store_option
@format_option("text", "json")
def command(file: str, config: str, store: str, format_: str) -> None:
    """Tell what another route table would change.

    FILE is held against the version that was put in force last, or, where none is recorded, against --config; `-` is standard input. It says
    in words what would move, and which of the recorded requests would change owner. Nothing is changed.

    Exit codes: 0 told, 1 the table has mistakes, 2 usage.
    """
    found = planned(file, config, store)
    document = found.to_json(file)
    if format_ == "json":
        print_json(document)
        return
    click.echo(f"Against {found.against}:")
    click.echo(plan_text(document))
