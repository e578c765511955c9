"""``strangler waive``."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from datetime import datetime
from typing import Any

import click

from console import recorded
from console.address import Address
from console.author import me
from console.exits import Exit, Invalid, Undecided
from console.options import admin_option, config_option, format_option, option, route_option, store_option
from console.output import print_json
from console.signature_choice import chosen_signature
from console.table.edit import CannotEdit
from console.table.file import TableFile
from console.table.in_force import InForce, announce, find_running, wait_in_force
from console.table.waiver import Waived, waive
from proxy.model.printable import printable
from proxy.table.reading import read
from shadow.model import SignatureSummary
from shadow.store import SqliteStore, StoreError
from shadow.triage import MAX_NOTE, State, Triage


@click.command("waive")
@click.argument("signature")
@option("--reason", metavar="TEXT", required=True, help="Why the difference is right.")
@option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day on which it is accepted.")
@option("--author", metavar="NAME", help="Who accepts it; by default the user who runs this.")
@option("--kinds", is_flag=True, help="Accept only the kind of difference that the signature has.")
@route_option
@format_option("text", "json")
@store_option
@config_option
@admin_option
def command(
    signature: str, route: str | None, format_: str, store: str, config: str, admin: Address, **said: Any
) -> None:
    """Accept a difference: write its rule into the route table.

    SIGNATURE is an id, or its beginning, as `diffs` prints it. Its place is added to `compare.ignore` of its route, where comments, order
    and quotes stay as they are; it is hidden there with all below it. The signature becomes `intended` in the triage. A running instance
    goes by the rule within a second. Evidence of the route counts anew, as with every other rule.

    Exit codes: 0 done, 1 there is no such signature, or the table would be bad, or somebody changed it meanwhile, 2 usage, 3 nothing
    was recorded yet, or what came of it is not known.
    """
    reason, author = _text(said["reason"], "--reason"), _text(said["author"] or me(), "--author")
    until: datetime | None = said["until"]
    with recorded.reading(store) as opened:
        found = chosen_signature(opened.signatures(route=route), signature)
        kinds = (found.kind,) if said["kinds"] else ()
        waived = Waived(found.path, reason, author, until.date() if until else None, kinds)
        file = TableFile(config)
        running = find_running(admin, file.path)
        try:
            file.replace(waive(file.text, read(file.text, os.environ, config).data, found.route, waived))
        except CannotEdit as error:
            raise Invalid(str(error)) from error
        announce(running, file.text, author, waived.version_reason(found.route))
        _decide(opened, found, waived, config)
    result = wait_in_force(running, file.text)
    _tell(config, found, waived, result, format_)
    sys.exit(result.exit)


def _text(given: str, hint: str) -> str:
    text = given.strip()
    if not text or len(text) > MAX_NOTE:
        raise click.BadParameter(f"1 to {MAX_NOTE} characters", param_hint=hint)
    return text


def _decide(store: SqliteStore, found: SignatureSummary, waived: Waived, config: str) -> None:
    said = Triage(found.id, found.route, State.INTENDED, "", waived.reason, waived.author, time.time())
    try:
        store.decide(said)
    except (StoreError, sqlite3.Error, OSError) as error:
        raise Undecided(f"the waiver is in {config}, but the triage could not be kept: {error}") from error


def _tell(config: str, found: SignatureSummary, waived: Waived, result: InForce, format_: str) -> None:
    if format_ == "json":
        entry = {key: value if isinstance(value, list) else str(value) for key, value in waived.entry().items()}
        document = {"file": config, "signature": found.id, "route": found.route, "waiver": entry}
        print_json({**document, "in_force": result.to_json()})
        return
    until = f" until {waived.until}" if waived.until else ""
    click.echo(printable(f"{found.route}: {waived.path} is accepted{until}: {waived.reason}"))
    click.echo(result.text)
    if result.exit is Exit.FINE:
        click.echo("Evidence of the route counts anew under it.")
