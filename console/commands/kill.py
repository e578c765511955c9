"""``strangler kill``."""

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
from console.table.moves import killed
from console.table.moving import Move, move


@click.command("kill")
@click.argument("name", metavar="GROUP_OR_ROUTE")
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
    reason: str,
    author: str | None,
    config: str,
    admin: Address,
    format_: str,
    **log: Any,
) -> None:
    """Send everything back to legacy at once.

    All other backends of the group or route get weight 0, which takes nobody, in the file of the route table, where comments, order and
    quotes stay as they are. Copies for comparing go on. A running instance takes the change within a second; the command waits until
    all its workers have it.

    Exit codes: 0 done, 1 there is no such group or route, or the table would be bad, or somebody changed it meanwhile, 2 usage,
    3 written, but whether it is in force is not known.
    """
    doer = Doer("kill", trail_of(**log), author)
    move(Move(config, name, doer, reason), admin, format_, killed)
