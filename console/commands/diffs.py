"""``strangler diffs``."""

from __future__ import annotations

import time

import click

from console import recorded
from console.options import config_option, format_option, route_option, since_option, store_option
from console.output import print_json
from console.report import signatures_document
from console.report_text import signatures_table
from console.talk import talk
from console.terminal import show


@click.command("diffs")
@route_option
@since_option
@format_option("text", "json")
@store_option
@config_option
def command(route: str | None, since: float | None, format_: str, store: str, config: str) -> None:  # noqa: ARG001 - taken like everywhere; the store knows the table
    """List what differs, most frequent first.

    A signature is all differences of one route at one place and of one kind. Its example can be looked at with
    `strangler show PAIR`.

    Exit codes: 0 listed, 3 nothing was recorded yet.
    """
    found = recorded.signatures(store, since=since, route=route)
    document = signatures_document(found, now=time.time())
    if format_ == "json":
        print_json(document)
        return

    if document["signatures"]:
        show(signatures_table(document["signatures"], routes=True, options=recorded.options_to_repeat(store)))
    else:
        talk("No differences.")
