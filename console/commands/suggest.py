"""``strangler suggest``."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import Any

import click

from console import recorded
from console.address import Address
from console.audit.commands import Doer, trail_of
from console.exits import Invalid
from console.options import (
    admin_option,
    audit_option,
    by_option,
    config_option,
    format_option,
    option,
    route_option,
    store_option,
    why_option,
)
from console.output import print_json
from console.suggested import suggested_document, suggested_yaml
from console.table.edit import CannotEdit
from console.table.file import TableFile
from console.table.in_force import InForce, find_running
from console.table.proposed import with_proposals
from console.table.replacing import put_in_force, why
from proxy.model.printable import printable
from proxy.table.reading import read
from shadow.figures import plural
from shadow.store.read_kept import Wanted

KEPT = 50
"""Pairs of a route that are looked at for what names the items of a list."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """``rules`` are those that the table did not have; ``result`` is None where there was none."""

    rules: list[Document]
    result: InForce | None


@click.command("suggest")
@option("--write", is_flag=True, help="Put what is proposed into the route table.")
@route_option
@why_option
@by_option
@format_option("yaml", "json")
@store_option
@config_option
@audit_option
@admin_option
def command(
    *, write: bool, route: str | None, format_: str, store: str, config: str, admin: Address, **said: Any
) -> None:
    """Propose compare rules, as YAML to paste into the route table.

    A rule is proposed only where the control disagrees with itself, or where answers differ in order or rounding alone; each with
    its evidence. What the candidate alone does is never proposed to be hidden. Also told: places that differ more often than
    noise explains, rules that hide nothing any more, and waivers that end. Nothing is changed, unless --write is given: then the rules
    are put into --config, where comments, order and quotes stay as they are, and the command waits until a running instance has them.

    Exit codes: 0 printed, or written, 1 the table would be bad, or somebody changed it meanwhile, 2 usage, 3 nothing was recorded yet, or
    written, but whether it is in force is not known.
    """
    document = _proposed(store, route)
    written = None
    if write:
        doer = Doer("suggest", trail_of(store, said["audit"]), said["author"])
        written = _write(config, document["proposals"], admin, doer, said["reason"])
    if format_ == "json":
        print_json(document | _written_document(written))
    else:
        click.echo(suggested_yaml(document))
        if written is not None:
            _tell(config, written)
    sys.exit(written.result.exit if written and written.result else 0)


def _proposed(store: str, route: str | None) -> Document:
    with recorded.reading(store) as opened:
        learned = opened.learned()
        if route is not None and route not in learned:
            raise click.BadParameter(recorded.unknown_route(route, list(learned)), param_hint="--route")
        chosen = [one for name, one in learned.items() if route in {None, name}]
        kept = {one.plan.route: opened.kept(Wanted(one.plan.route, rules=one.plan.rules, limit=KEPT)) for one in chosen}
    return suggested_document(chosen, kept, now=time.time())


def _write(config: str, proposals: list[Document], admin: Address, doer: Doer, reason: str) -> Written:
    file = TableFile(config)
    running = find_running(admin, file.path)
    try:
        text, rules = with_proposals(file.text, read(file.text, os.environ, config).data, proposals)
    except CannotEdit as error:
        raise Invalid(f"{error}; nothing was changed") from error
    if not rules:
        return Written([], None)
    what = f"{plural(len(rules), 'proposed rule')} for {', '.join(sorted({one['route'] for one in rules}))}"
    return Written(rules, put_in_force(file, text, running, doer, why(what, reason)))


def _written_document(written: Written | None) -> Document:
    if written is None:
        return {}
    return {"written": written.rules, "in_force": written.result.to_json() if written.result else None}


def _tell(config: str, written: Written) -> None:
    if written.result is None:
        click.echo(f"# {config} has all of it already: nothing was changed")
        return
    click.echo(f"# {plural(len(written.rules), 'rule')} put into {printable(config)}")
    click.echo(f"# {printable(written.result.text)}")
