"""``strangler triage``."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import click

from console import recorded
from console.audit.commands import Doer, act, trail_of
from console.author import me
from console.exits import Undecided
from console.options import audit_option, config_option, format_option, option, route_option, store_option
from console.output import print_json
from console.signature_choice import chosen_signature
from console.talk import talk
from console.terminal import plain_table, safe, show
from console.web.rights import Right
from proxy.model.log import rfc3339
from shadow.model import SignatureSummary
from shadow.triage import MAX_NOTE, SAID, State, Triage, state_of


@click.command("triage")
@click.argument("signature", required=False)
@option("--as", "state", type=click.Choice([state.value for state in SAID]), help="What it is.")
@option("--owner", metavar="NAME", default="", help="Who looks after it.")
@option("--note", metavar="TEXT", default="", help="Why, or where it is tracked.")
@option("--by", metavar="NAME", help="Who says so; by default the user who runs this.")
@route_option
@format_option("text", "json")
@store_option
@audit_option
@config_option
def command(signature: str | None, state: str | None, route: str | None, format_: str, **said: Any) -> None:
    """List what people decided about signatures, or decide about one.

    SIGNATURE is an id, or its beginning, as `diffs` prints it. A signature is a bug-in-new, a bug-in-old, intended, noise,
    or fixed. One that is fixed and seen again is reopened. Triage changes no count: what is intended or noise wants a rule in
    the route table, or it goes on counting: `waive` writes one.

    Exit codes: 0 done, 1 there is no such signature, 2 usage, 3 nothing was recorded yet.
    """
    if state is None and (said["owner"] or said["note"] or said["by"]):
        raise click.UsageError("--owner, --note and --by go with --as, which says what it is")
    if route is not None:
        recorded.chosen(recorded.summaries(said["store"], since=None), route)
    with recorded.reading(said["store"]) as store:
        signatures = store.signatures(route=route)
        if signature is None:
            if state is not None:
                raise click.UsageError("which SIGNATURE? `strangler diffs` lists them")
            _print(_document(signatures, store.triage()), format_)
            return
        found = chosen_signature(signatures, signature)
        if state is None:
            _print(_document([found], store.triage(), store.triage_history(found.id)), format_)
            return
        decision = Triage(
            found.id,
            found.route,
            State(state),
            _short(said["owner"]),
            _short(said["note"]),
            said["by"] or me(),
            time.time(),
        )
        doer = Doer("triage", trail_of(said["store"], said["audit"]), said["by"])
        with act(doer, Right.REVIEW.value, signature=found.id, route=found.route) as record:
            was = state_of(found.triage, found.last_seen)
            record.changed({"state": was.value}, {"state": state}, "what the difference is")
            try:
                store.decide(decision)
            except (sqlite3.Error, OSError) as error:
                raise Undecided(f"{store.path}: {error}; nothing was decided, try again") from error
    if decision.state in {State.INTENDED, State.NOISE}:
        talk(f"It goes on counting until a rule hides it: compare.ignore of {found.route}, path {found.path}.")
        talk(f"`strangler waive {found.id} --reason ...` writes that rule.")
    _print(_document([found], {found.id: decision}), format_)


def _short(text: str) -> str:
    if len(text) > MAX_NOTE:
        raise click.UsageError(f"at most {MAX_NOTE} characters; this has {len(text)}")
    return text


def _document(
    signatures: list[SignatureSummary], said: dict[str, Triage], history: list[Triage] | None = None
) -> dict[str, Any]:
    document: dict[str, Any] = {"signatures": [_signature(one, said.get(one.id)) for one in signatures]}
    if history is not None:
        document["history"] = [_decision(one) for one in history]
    return document


def _signature(one: SignatureSummary, said: Triage | None) -> dict[str, Any]:
    return {
        "id": one.id,
        "route": one.route,
        "path": one.path,
        "kind": one.kind,
        "count": one.count,
        "last_seen": rfc3339(one.last_seen),
        "state": state_of(said, one.last_seen).value,
        "decision": None if said is None else _decision(said),
    }


def _decision(said: Triage) -> dict[str, Any]:
    return {"state": said.state.value, "owner": said.owner, "note": said.note, "by": said.by, "at": rfc3339(said.at)}


def _print(document: dict[str, Any], format_: str) -> None:
    if format_ == "json":
        print_json(document)
        return
    if not document["signatures"]:
        talk("No differences.")
        return
    table = plain_table("signature", "state", "count", "what", right=frozenset({"count"}))
    for one in document["signatures"]:
        said = one["decision"] or {"owner": "", "note": "", "by": "", "at": ""}
        what = safe(f"{one['route']}  {one['path']}  {one['kind']}")
        if one["decision"]:
            owner = f", owner {said['owner']}" if said["owner"] else ""
            note = f": {said['note']}" if said["note"] else ""
            what.append("\n").append_text(safe(f"{said['by']}, {said['at'][:16]}Z{owner}{note}", "dim"))
        table.add_row(one["id"], one["state"], f"{one['count']:,}", what)
    show(table)
    for said in document.get("history", ())[:-1]:
        show(safe(f"before: {said['state']}, {said['by']}, {said['at'][:16]}Z {said['note']}", "dim"))
