"""``strangler weight``."""

from __future__ import annotations

from typing import Any

import click

from console.address import Address
from console.audit.commands import Doer, trail_of
from console.options import (
    admin_option,
    audit_option,
    by_option,
    config_option,
    format_option,
    store_option,
    why_option,
)
from console.table.moves import weighed
from console.table.moving import Move, move


@click.command("weight")
@click.argument("name", metavar="GROUP_OR_ROUTE")
@click.argument("weights", nargs=-1, required=True, metavar="BACKEND=N...")
@why_option
@by_option
@config_option
@store_option
@audit_option
@admin_option
@format_option("text", "json")
def command(
    *,
    name: str,
    weights: tuple[str, ...],
    reason: str,
    author: str | None,
    config: str,
    admin: Address,
    format_: str,
    **log: Any,
) -> None:
    """Change how requests are split between backends.

    Only the weights that are named change, in the file of the route table, where comments, order and quotes stay as they are. A running
    instance takes the change within a second; the command waits until all its workers have it.

    Exit codes: 0 done, 1 there is no such group or route, or the table would be bad, or somebody changed it meanwhile, 2 usage,
    3 written, but whether it is in force is not known.
    """
    wanted = dict(_weight(one) for one in weights)
    doer = Doer("weight", trail_of(**log), author)
    move(Move(config, name, doer, reason), admin, format_, lambda mover: weighed(mover, wanted))


def _weight(text: str) -> tuple[str, int]:
    backend, _, number = text.rpartition("=")
    if not backend or not number.isascii() or not number.isdecimal():
        raise click.BadParameter(
            f"{text!r}: write BACKEND=N with a whole number, as in orders=20", param_hint="BACKEND=N"
        )
    return backend, int(number)
