"""``strangler history``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from console import recorded
from console.exits import Invalid
from console.options import Number, config_option, format_option, option, store_option
from console.output import print_json
from console.table.versions import NoVersion, find_version, history_document, text_of, version_document
from console.table_file import table_text
from console.talk import talk
from console.terminal import plain_table, safe, show
from proxy.model.printable import printable
from proxy.model.versions import TableVersion, hash_of


@click.command("history")
@click.argument("version", type=Number(1), required=False)
@option("--text", "wants_text", is_flag=True, help="With VERSION: its whole text, as it was written.")
@option("--limit", type=Number(1), default=20, show_default=True, help="The newest so many versions.")
@format_option("text", "json")
@store_option
@config_option
def command(version: int | None, wants_text: bool, limit: int, format_: str, store: str, config: str) -> None:
    """List the versions of the route table: when, who, why, and what changed.

    With VERSION: what it changed, in words and as a unified diff from the version before. It reads the journal beside the store, so no instance has
    to run. `file` made it: somebody edited the file by hand. Which version --config is as, it says beside the list.

    Exit codes: 0 printed, 1 there is no such version, 2 usage, 3 no version is recorded there.
    """
    versions = recorded.table_versions(store)
    try:
        if version is None:
            if wants_text:
                raise click.UsageError("--text takes a VERSION")
            document = history_document(versions, limit)
            print_json(document) if format_ == "json" else _list(document)
            _tell_of_file(config, versions)
        elif wants_text:
            click.echo(text_of(find_version(versions, version)), nl=False)
        else:
            document = version_document(versions, version)
            print_json(document) if format_ == "json" else _one(document)
    except NoVersion as error:
        raise Invalid(str(error)) from error


def _list(document: dict[str, Any]) -> None:
    shown = plain_table("version", "since", "by", "what changed, and why", right=frozenset({"version"}))
    for one in document["versions"]:
        said = safe(one["change"])
        if one["reason"]:
            said.append("\n" * bool(one["change"])).append(printable(one["reason"]), style="italic")
        shown.add_row(str(one["version"]), f"{one['at'][:16]}Z", safe(one["by"]), said)
    show(shown)
    if hidden := document["count"] - len(document["versions"]):
        talk(f"{hidden} older ones: --limit {document['count']}")


def _tell_of_file(config: str, versions: Sequence[TableVersion]) -> None:
    """Nothing where the table is not: the journal may be read anywhere."""
    if not versions or not Path(config).is_file():
        return
    found = hash_of(table_text(config).decode("utf-8", "replace").removeprefix("\ufeff"))
    same = next((one.number for one in reversed(versions) if one.hash == found), None)
    if same is None:
        talk(f"{config} is as in none of them: `strangler plan {config}` tells what is new in it")
    else:
        talk(f"{config} is as in version {same}")


def _one(document: dict[str, Any]) -> None:
    reason = f": {document['reason']}" if document["reason"] else ""
    click.echo(printable(f"version {document['version']}, {document['at'][:19]}Z, by {document['by']}{reason}"))
    if document["diff"] is None:
        click.echo(f"from {printable(document['source'])}; its text is not there")
        return
    for change in document["changes"] or ():
        click.echo(printable(f"- {change['text']}"))
    for line in document["diff"].splitlines():
        click.echo(printable(line))
