"""``strangler waive``."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from datetime import UTC, date, datetime
from typing import Any

import click

from console import recorded
from console.address import Address
from console.audit.commands import Doer, act, tell_of_another_log, trail_of
from console.audit.line import name_or_hash
from console.author import me
from console.exits import Exit, Invalid, Undecided
from console.options import admin_option, audit_option, config_option, format_option, option, route_option, store_option
from console.output import print_json
from console.signature_choice import chosen_signature
from console.table.edit import CannotEdit
from console.table.file import TableFile
from console.table.in_force import InForce, announce, find_running, wait_in_force
from console.table.waiver import BadDay, Waived, last_day, waive
from console.talk import tell
from console.web.rights import Right
from proxy.model.printable import printable
from proxy.model.versions import hash_of
from proxy.table.reading import read
from shadow.model import SignatureSummary
from shadow.store import SqliteStore, StoreError
from shadow.triage import MAX_NOTE, State, Triage, state_of


class DayType(click.ParamType):  # type: ignore[type-arg]  # a type parameter is new in click, and our floor is older
    """A day that is not over, as the comparing counts days: in UTC."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return last_day(value, datetime.now(UTC).date())
        except BadDay as error:
            self.fail(str(error), param, ctx)


@click.command("waive")
@click.argument("signature")
@option("--reason", metavar="TEXT", required=True, help="Why the difference is right.")
@option("--until", type=DayType(), metavar="DATE", help="The last day on which it is accepted.")
@option("--author", metavar="NAME", help="Who accepts it; by default the user who runs this.")
@option("--kinds", is_flag=True, help="Accept only the kind of difference that the signature has.")
@route_option
@format_option("text", "json")
@store_option
@audit_option
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
    until: date | None = said["until"]
    with recorded.reading(store) as opened:
        found = chosen_signature(opened.signatures(route=route), signature)
        kinds = (found.kind,) if said["kinds"] else ()
        waived = Waived(found.path, reason, author, until, kinds)
        file = TableFile(config)
        running = find_running(admin, file.path)
        doer = Doer("waive", trail_of(store, said["audit"]), said["author"])
        with act(doer, Right.REVIEW.value, signature=found.id, route=found.route) as record:
            record.before["table"] = hash_of(file.text)
            try:
                file.replace(waive(file.text, read(file.text, os.environ, config).data, found.route, waived))
            except CannotEdit as error:
                raise Invalid(str(error)) from error
            record.changed({}, {"table": hash_of(file.text)}, f"a waiver in {name_or_hash(found.route)}")
            announce(running, file.text, author, waived.version_reason(found.route))
            record.changed({"state": _state(found)}, {"state": State.INTENDED.value}, record.words)
            _decide(opened, found, waived, config)
    tell_of_another_log(doer, running.audit)
    result = wait_in_force(running, file.text)
    _tell(config, found, waived, result, format_)
    sys.exit(result.exit)


def _state(found: SignatureSummary) -> str:
    return state_of(found.triage, found.last_seen).value


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
    tell(result.text)
    if result.exit is Exit.FINE:
        click.echo("Evidence of the route counts anew under it.")
