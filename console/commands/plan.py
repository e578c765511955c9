"""``strangler plan``."""

from __future__ import annotations

import click

from console import recorded
from console.exits import Invalid
from console.options import Number, config_option, format_option, option, store_option
from console.output import print_json
from console.plan_text import plan_text
from console.planned import Planned, planned, planned_text
from console.table.versions import NoVersion, find_version, text_of
from console.talk import tell


@click.command("plan")
@click.argument("file", required=False)
@option("--to-version", type=Number(1), metavar="N", help="In the place of FILE: the text of this version.")
@config_option
@store_option
@format_option("text", "json")
def command(file: str | None, to_version: int | None, config: str, store: str, format_: str) -> None:
    """Tell what another route table would change.

    FILE (--config, unless given) is held against the version that was put in force last, or, where none is recorded, against --config;
    `-` is standard input. It says in words what would move, and which of the recorded requests would change owner. With --to-version it
    tells what `strangler rollback N` would change. Nothing is changed.

    Exit codes: 0 told, 1 the table has mistakes, or there is no such version, 2 usage, 3 no version is recorded.
    """
    if file is not None and to_version is not None:
        raise click.UsageError("FILE and --to-version are two tables: give one of them")
    if to_version is not None:
        name, found = f"version {to_version}", _of_version(to_version, config, store)
    else:
        name = file or config
        found = planned(name, config, store)
    document = found.to_json(name)
    if format_ == "json":
        print_json(document)
        return
    tell(f"Against {found.against}:")
    tell(plan_text(document))


def _of_version(number: int, config: str, store: str) -> Planned:
    try:
        text = text_of(find_version(recorded.table_versions(store), number))
    except NoVersion as error:
        raise Invalid(str(error)) from error
    return planned_text(text.encode(), f"version {number}", config, store)
