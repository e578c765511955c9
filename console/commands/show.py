"""``strangler show``."""

from __future__ import annotations

import click

from console import recorded
from console.audit.commands import BODIES, Doer, act, trail_of
from console.exits import Invalid
from console.options import audit_option, config_option, format_option, option, store_option
from console.output import print_json
from console.pair import pair_document
from console.pair_text import pair_text, repeat_text
from console.talk import talk
from console.terminal import show


@click.command("show")
@click.argument("pair")
@option(
    "--url",
    metavar="URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Where the curl line sends the request.",
)
@format_option("text", "json")
@store_option
@audit_option
@config_option
def command(pair: str, url: str, format_: str, store: str, audit: str | None, config: str) -> None:  # noqa: ARG001 - taken like everywhere; the store knows the table
    """Show one pair side by side.

    PAIR is the id of a pair or its beginning, as `report` and `diffs` print it, or the id of the user's request
    (X-Request-Id). Of several, the newest is shown. The last line repeats the request with curl.

    Exit codes: 0 shown, 1 there is no such pair, 3 nothing was recorded yet.
    """
    with recorded.reading(store) as opened:
        found = opened.pairs(pair)
    if not found:
        raise Invalid(f"no pair is kept whose id begins with {pair!r}; `strangler diffs` names some")
    if len(found) > 1:
        talk(f"{len(found)} pairs begin with {pair!r}; this is the newest.")
    document = pair_document(found[0], url.rstrip("/"))
    with act(Doer("show", trail_of(store, audit)), BODIES, pair=found[0].id, route=found[0].route):
        if format_ == "json":
            print_json(document)
        else:
            show(pair_text(document))
            if document["curl"] is not None:
                click.echo(repeat_text(document))
