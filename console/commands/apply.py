"""``strangler apply``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from console.address import Address
from console.author import me
from console.exits import Invalid
from console.options import (
    admin_option,
    by_option,
    config_option,
    format_option,
    option,
    store_option,
    why_option,
)
from console.output import print_json
from console.plan_text import plan_text
from console.planned import planned
from console.table.file import TableFile
from console.table.in_force import InForce, find_running
from console.table.replacing import put_in_force, why
from console.terminal import talk


@click.command("apply")
@click.argument("file")
@why_option
@by_option
@option("--yes", is_flag=True, help="Do not ask.")
@config_option
@store_option
@admin_option
@format_option("text", "json")
def command(
    file: str,
    reason: str,
    author: str | None,
    yes: bool,
    config: str,
    store: str,
    admin: Address,
    format_: str,
) -> None:
    """Check FILE, tell what it would change, and put it in force.

    Its text takes the place of --config as a whole, as a new version, and the command waits until all workers of a running instance have
    it. Before that it tells the plan and asks, unless --yes is given. `-` is standard input, which cannot be asked: give --yes.

    Exit codes: 0 done, or not wanted, 1 the table has mistakes, or somebody changed --config meanwhile, 2 usage, 3 written, but whether it is
    in force is not known.
    """
    target = TableFile(config, must_be_good=False)
    if file != "-" and Path(file).exists() and Path(file).samefile(config):
        raise Invalid(f"{file} is the table itself, and in force when it is saved: name another file")
    if not yes and (file == "-" or format_ == "json" or not sys.stdin.isatty()):
        raise click.UsageError("nobody can be asked here: give --yes")
    found = planned(file, config, store)
    document = found.to_json(file)
    if format_ == "text":
        click.echo(f"Against {found.against}:")
        click.echo(plan_text(document))
    result: InForce | None = None
    if found.text == target.text:
        click.echo(f"nothing to write: {config} says so already") if format_ == "text" else None
    elif yes or click.confirm(f"Put {file} in force in the place of {config}?", err=True):
        running = find_running(admin, target.path)
        name = "standard input" if file == "-" else Path(file).name
        result = put_in_force(target, found.text, running, author or me(), why(f"apply {name}", reason))
    else:
        talk("Nothing was changed.")
    if format_ == "json":
        print_json({**document, "written": result is not None, "in_force": result.to_json() if result else None})
    elif result is not None:
        click.echo(result.text)
    sys.exit(result.exit if result else 0)
