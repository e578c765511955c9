"""``strangler apply``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from console import recorded
from console.address import Address
from console.audit.commands import Doer, trail_of
from console.exits import Invalid
from console.options import (
    Number,
    admin_option,
    audit_option,
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
from console.table.replacing import put_in_force, take_edited, why
from console.table.versions import NoVersion, still_at
from console.talk import talk, tell


@click.command("apply")
@click.argument("file", required=False)
@why_option
@by_option
@option("--yes", is_flag=True, help="Do not ask.")
@option("--if-version", type=Number(1), metavar="N", help="Only if the table is still as in this version.")
@config_option
@store_option
@audit_option
@admin_option
@format_option("text", "json")
def command(
    *,
    file: str | None,
    yes: bool,
    if_version: int | None,
    config: str,
    store: str,
    admin: Address,
    format_: str,
    **said: Any,
) -> None:
    """Check FILE, tell what it would change, and put it in force.

    Its text takes the place of --config as a whole, as a new version, and the command waits until all workers of a running instance have
    it. Before that it tells the plan, and asks where it is used at a terminal, unless --yes is given. `-` is standard input. Without FILE
    it is --config itself, as somebody edited it: nothing is written, and it is waited for. With --if-version nobody's change is undone
    unseen: it is refused where N is not the newest version any more, or --config says something else.

    Exit codes: 0 done, or not wanted, 1 the table has mistakes, or somebody changed it meanwhile, 2 usage, 3 written, but whether it is
    in force is not known.
    """
    if file is None or (file != "-" and Path(file).exists() and Path(config).exists() and Path(file).samefile(config)):
        if if_version is not None:
            raise click.UsageError(f"--if-version guards what FILE would replace, and {config} is the table itself")
        _edited(config, store, admin, said, format_)
    target = TableFile(config, must_be_good=False)
    if if_version is not None:
        try:
            still_at(recorded.table_versions(store), if_version, target.text)
        except NoVersion as error:
            raise Invalid(f"{error}: nothing was changed") from error
    yes = yes or not sys.stdin.isatty()  # a script has nobody to ask, and has said what it wants
    found = planned(file, config, store)
    document = found.to_json(file)
    if format_ == "text":
        tell(f"Against {found.against}:")
        tell(plan_text(document))
    result: InForce | None = None
    if found.text == target.text:
        click.echo(f"nothing to write: {config} says so already") if format_ == "text" else None
    elif yes or click.confirm(f"Put {file} in force in the place of {config}?", err=True):
        running = find_running(admin, target.path)
        name = "standard input" if file == "-" else Path(file).name
        doer = Doer("apply", trail_of(store, said["audit"]), said["author"])
        result = put_in_force(target, found.text, running, doer, why(f"apply {name}", said["reason"]))
    else:
        talk("Nothing was changed.")
    if format_ == "json":
        print_json({**document, "written": result is not None, "in_force": result.to_json() if result else None})
    elif result is not None:
        tell(result.text)
    sys.exit(result.exit if result else 0)


def _edited(config: str, store: str, admin: Address, said: dict[str, Any], format_: str) -> NoReturn:
    """The table itself: a running instance reads it when it is saved, so it is told who did that and why, and waited for."""
    found = planned(config, config, store)
    document = found.to_json(config)
    running = find_running(admin, Path(config))
    doer = Doer("apply", trail_of(store, said["audit"]), said["author"])
    result = take_edited(found.text, running, doer, why(f"apply {Path(config).name}", said["reason"]))
    if format_ == "json":
        print_json({**document, "written": False, "in_force": result.to_json()})
    else:
        tell(f"Against {found.against}:")
        tell(plan_text(document))
        tell(result.text)
    sys.exit(result.exit)
