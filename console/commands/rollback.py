"""``strangler rollback``."""

from __future__ import annotations

import sys
from typing import Any

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
from console.planned import planned_text
from console.table.file import TableFile
from console.table.in_force import InForce, find_running
from console.table.replacing import put_in_force, why
from console.table.versions import NoVersion, text_of, version_to_restore
from console.talk import talk, tell
from proxy.model.printable import printable
from proxy.model.versions import TableVersion


@click.command("rollback")
@click.argument("version", type=Number(1), required=False)
@option("--dry-run", is_flag=True, help="Only tell what would change, as `strangler plan` does.")
@why_option
@by_option
@config_option
@store_option
@audit_option
@admin_option
@format_option("text", "json")
def command(
    *,
    version: int | None,
    dry_run: bool,
    config: str,
    store: str,
    admin: Address,
    format_: str,
    **said: Any,
) -> None:
    """Put an earlier route table in force again.

    Without VERSION it is the newest one that says something else than the file: the one before, or the one in force where the file has
    become bad. Its text takes the place of the file, as a new version, and the command waits until all workers of a running instance have
    it. `strangler history` lists the versions.

    Exit codes: 0 done, 1 there is no such version, or it is no good table today, or somebody changed the file meanwhile, 2 usage,
    3 written, but whether it is in force is not known, or no version is recorded.
    """
    versions = recorded.table_versions(store)
    file = TableFile(config, must_be_good=False)
    try:
        found = version_to_restore(versions, version, file.text)
        text = text_of(found)
    except NoVersion as error:
        raise Invalid(str(error)) from error
    if dry_run:
        _tell_plan(config, store, found, text, format_)
        return
    if text == file.text:
        _tell(config, found, None, format_)
        return
    running = find_running(admin, file.path)
    doer = Doer("rollback", trail_of(store, said["audit"]), said["author"])
    back = f"back to version {found.number}"
    result = put_in_force(file, text, running, doer, why(back, said["reason"]), version=str(found.number))
    _tell(config, found, result, format_)
    sys.exit(result.exit)


def _tell_plan(config: str, store: str, found: TableVersion, text: str, format_: str) -> None:
    name = f"version {found.number}"
    planned = planned_text(text.encode(), name, config, store)
    document = planned.to_json(name)
    if format_ == "json":
        print_json(document)
        return
    tell(f"Back to {name}, against {planned.against}:")
    tell(plan_text(document))
    talk("Nothing was changed.")


def _tell(config: str, found: TableVersion, result: InForce | None, format_: str) -> None:
    if format_ == "json":
        document = {"file": config, "restored": found.number, "changed": result is not None}
        print_json({**document, "in_force": result.to_json() if result else None})
        return
    reason = f": {found.reason}" if found.reason else ""
    click.echo(
        printable(
            f"{config} is as in version {found.number} again, by {found.by} on {found.to_json()['at'][:10]}{reason}"
        )
    )
    tell(result.text if result else "nothing to change: the table says so already")
