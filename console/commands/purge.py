"""``strangler purge``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from console import recorded
from console.audit.commands import Doer, act, trail_of
from console.author import account, me
from console.exits import Exit, Invalid
from console.jobs.files import JobFiles, working
from console.jobs.job import Kind
from console.options import SinceType, audit_option, config_option, format_option, option, store_option
from console.output import print_json
from console.progress import bar
from console.purged import purged_document
from console.purged_text import outcome_text, remnants_text, set_aside_text, would_text
from console.purging import UNFINISHED, about_of, hashed, many, purging
from console.store_files import jobs_directory
from console.talk import talk
from console.web.rights import Right
from proxy.model.log import rfc3339
from proxy.model.settings import Settings
from shadow.store import SqliteStore
from shadow.store.affected import Affected
from shadow.store.purge import Purged, Step
from shadow.store.selection import Selection


@click.command("purge")
@option(
    "--identity",
    "identities",
    metavar="VALUE",
    multiple=True,
    help="Pairs of this user: the value of the cookie or header of `defaults.identity`, or of our own cookie. May be repeated.",
)
@option("--route", metavar="NAME", help="Pairs of this route; if nothing else is given, all that is recorded of it.")
@option("--before", type=SinceType(), metavar="TIME", help="Pairs from before then: 30m, 24h, 7d, or an ISO time.")
@option("--pair", metavar="ID", help="This pair, or those of the request with this id.")
@option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@option("--yes", is_flag=True, help="Do not ask.")
@format_option("text", "json")
@option(
    "--secret",
    metavar="FILE",
    default=Settings().secret,
    show_default=True,
    help="The installation's key, for --identity: the store has identities only as hashes under it.",
)
@store_option
@audit_option
@config_option
def command(
    *,
    dry_run: bool,
    yes: bool,
    format_: str,
    store: str,
    audit: str | None,
    config: str,  # noqa: ARG001 - taken like everywhere; the store knows the table
    **given: Any,
) -> None:
    """Remove what is recorded of a person, a route or old times.

    What is given must all hold of a pair. Pairs go with their requests, answers and differences, and with the examples that signatures have of
    them; then the file is written anew and its log is emptied, so that nothing of them stays on disk. Counts stay: no verdict
    changes. With --route alone its counts, signatures and shapes go too, and its evidence counts anew. A running instance goes on; what its shadow worker still
    has in memory is written after. Without --yes you are asked, on a terminal; elsewhere nothing is removed.

    Exit codes: 0 removed, or nothing to remove, 1 not removed or not yet gone from disk, 2 usage, 3 nothing was recorded yet, or the store cannot be
    written.
    """
    with recorded.reading(store) as opened:
        selection, key_mark = _selection(opened, **given)
        affected = opened.affected(selection, key_mark)
        if not dry_run:
            _ask(selection, affected, yes=yes)
        purged = None if dry_run else _audited(opened, selection, affected, Doer("purge", trail_of(store, audit)))
    if format_ == "json":
        print_json(purged_document(selection, affected, purged))
    else:
        for line in outcome_text(selection, affected, purged):
            click.echo(line)
    set_aside = opened.set_aside()
    if set_aside:
        talk(set_aside_text(set_aside))
    if purged is not None and not purged.complete:
        talk(remnants_text(purged, opened.path))
    if purged is not None and (set_aside or not purged.complete):
        sys.exit(Exit.FINDINGS)


def _selection(
    store: SqliteStore,
    *,
    identities: tuple[str, ...],
    secret: str,
    route: str | None,
    before: float | None,
    pair: str | None,
) -> tuple[Selection, str]:
    """With the mark of the key, empty if none was needed."""
    if not identities and route is None and before is None and pair is None:
        raise click.UsageError("say what to remove: --identity, --route, --before or --pair")
    if "" in {*identities, route, pair}:  # a shell variable that is not set
        raise click.UsageError("an empty value selects nothing: name the identity, the route or the pair")
    if route is not None and route not in (known := store.routes()):
        raise click.BadParameter(recorded.unknown_route(route, known), param_hint="--route")
    hashed, key_mark = _hashed(identities, secret) if identities else ((), "")
    return Selection(hashed, route, before, None if pair is None else _whole_id(store, pair)), key_mark


def _hashed(identities: tuple[str, ...], secret: str) -> tuple[tuple[str, ...], str]:
    try:
        key = Path(secret).read_bytes()
    except OSError as error:
        raise Invalid(
            f"cannot read the key {secret}: {error.strerror}; --secret names the file that `strangler serve` has as its --secret"
        ) from error
    return hashed(identities, key)


def _whole_id(store: SqliteStore, given: str) -> str:
    """``given``, or the id of the one pair that begins with it: a beginning must not remove more than somebody looked at."""
    found = store.pairs_beginning_with(given)
    if len(found) > 1:
        raise Invalid(f"more than one pair begins with {given!r}; give the whole id: {', '.join(found[:10])}")
    return found[0] if found else given


def _ask(selection: Selection, affected: Affected, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(
            "nobody can be asked here: --yes removes without asking, --dry-run tells what it would be"
        )
    for line in would_text(selection, affected):
        talk(line)
    if affected.anything and not click.confirm("Remove it? It cannot be brought back.", err=True):
        talk("Nothing was removed.")
        sys.exit(Exit.FINDINGS)


def _audited(store: SqliteStore, selection: Selection, affected: Affected, doer: Doer) -> Purged:
    """Whose pairs they are is not told: that is what goes."""
    of = {"route": selection.route or "", "pair": selection.pair or "", "identities": str(len(selection.identities))}
    before = {} if selection.before is None else {"before": rfc3339(selection.before)}
    with act(doer, Right.ADMINISTER.value, **of, **before) as record:
        record.changed({"pairs": str(len(affected.pairs))}, {"pairs": "0"}, "what is recorded is removed")
        return _purge(store, selection, affected)


def _purge(store: SqliteStore, selection: Selection, affected: Affected) -> Purged:
    directory = jobs_directory(f"sqlite:///{store.path}")
    with (
        working(JobFiles(directory), Kind.PURGE, about_of(selection), account()) as told,
        bar(Step.REMOVING, many(affected), told, transient=True) as shown,
    ):
        try:
            return purging(store, selection, affected, me(), shown)
        except KeyboardInterrupt:
            talk(UNFINISHED)
            raise
