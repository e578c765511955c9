"""``strangler audit``."""

from __future__ import annotations

import sys
from itertools import islice

import click

from console.audit.chain import Chain
from console.audit.commands import trail_of
from console.audit.document import about_words, came_words, what_words
from console.audit.line import Line, Step
from console.audit.reading import Wanted, check, everything
from console.exits import Exit, Undecided
from console.options import Number, SinceType, audit_option, format_option, option, store_option
from console.output import print_json
from console.talk import talk
from console.terminal import plain_table, safe, show


@click.command("audit")
@option(
    "--since", type=SinceType(), metavar="TIME", help="Only what was done since then: 30m, 24h, 7d, or an ISO time."
)
@option("--who", metavar="NAME", default="", help="Only what this person did.")
@option(
    "--about", metavar="TEXT", default="", help="Only acts in which this occurs: an address, a command, a route, an id."
)
@option("--limit", type=Number(1), default=50, show_default=True, help="The newest so many acts.")
@option("--verify", is_flag=True, help="Check every line of the log, from the first to the last.")
@format_option("text", "json")
@store_option
@audit_option
def command(
    *, since: float | None, who: str, about: str, limit: int, verify: bool, format_: str, store: str, audit: str | None
) -> None:
    """List who changed what, and who looked at recorded bodies: the newest first.

    With --verify it lists nothing, but checks that every line has its number and the hash of the line before it, over all files. A line
    that a crash tore is no break. Keep the number and the hash of the last line elsewhere: whoever may write the files can cut off their end.

    Exit codes: 0 listed, or the chain is whole, 1 it is broken (and where), 2 usage, 3 there is no audit log.
    """
    path = trail_of(store, audit).path
    try:
        if verify:
            chain = check(path)
            _tell(chain, format_) if chain.last or chain.broken else _nothing(str(path))
            sys.exit(Exit.FINDINGS if chain.broken else Exit.FINE)
        wanted = Wanted(since, who, about, limit=limit)
        lines = list(islice(everything(path, wanted), limit + 1))
    except OSError as error:
        raise Undecided(f"cannot read {error.filename or path}: {error.strerror or error}") from error
    if not lines and not path.exists():
        _nothing(str(path))
    if format_ == "json":
        print_json({"acts": [line.to_json() for line in lines[:limit]], "more": len(lines) > limit})
        return
    _list(lines[:limit])
    if len(lines) > limit:
        talk(f"There are older ones: --limit {2 * limit}")


def _nothing(path: str) -> None:
    raise Undecided(
        f"there is no audit log {path}: `strangler serve` begins one.\n"
        "Run this where it runs, or name its store with --store, or the log with --audit."
    )


def _tell(chain: Chain, format_: str) -> None:
    if format_ == "json":
        print_json(chain.to_json())
        return
    torn = f"; {chain.torn} torn by a crash" if chain.torn else ""
    if chain.broken is None:
        click.echo(f"whole: lines {chain.first} to {chain.last}{torn}")
    else:
        click.echo(f"broken: {chain.broken}")
        click.echo(
            f"whole before that: lines {chain.first} to {chain.last}{torn}"
            if chain.last
            else "nothing is whole before that"
        )
    if chain.last:
        click.echo(f"line {chain.last} has the hash {chain.head}")


def _list(lines: list[Line]) -> None:
    if not lines:
        talk("Nothing of the kind.")
        return
    table = plain_table("when", "who", "what, and what came of it")
    for line in lines:
        what = safe(what_words(line.said))
        if came := came_words(line.said):
            what.append(": ").append(came, "" if line.said.step is Step.DONE else "bold red")
        for about in about_words(line.said):
            what.append("\n").append_text(safe(about, "dim"))
        table.add_row(f"{line.at[:19]}Z", safe(line.said.by), what)
    show(table)
