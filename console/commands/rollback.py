"""``strangler rollback``."""

from __future__ import annotations

import sys

import click

from console import recorded
from console.address import Address
from console.author import me
from console.exits import Invalid
from console.options import admin_option, by_option, config_option, format_option, store_option, why_option
from console.output import print_json
from console.table.file import TableFile
from console.table.in_force import InForce, find_running
from console.table.replacing import put_in_force, why
from console.table.versions import NoVersion, text_of, version_to_restore
from proxy.model.printable import printable
from proxy.model.versions import TableVersion


@click.command("rollback")
@click.argument("version", type=click.IntRange(1), required=False)
@why_option
@by_option
@config_option
@store_option
@admin_option
@format_option("text", "json")
def command(
    version: int | None, reason: str, author: str | None, config: str, store: str, admin: Address, format_: str
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
    running = find_running(admin, file.path)
    try:
        found = version_to_restore(versions, version, file.text)
        text = text_of(found)
    except NoVersion as error:
        raise Invalid(str(error)) from error
    if text == file.text:
        _tell(config, found, None, format_)
        return
    result = put_in_force(file, text, running, author or me(), why(f"back to version {found.number}", reason))
    _tell(config, found, result, format_)
    sys.exit(result.exit)


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
    click.echo(result.text if result else "nothing to change: the table says so already")
