"""``strangler status``."""

from __future__ import annotations

import sys

import click

from console.address import Address
from console.exits import Exit, Undecided
from console.instance import ask
from console.options import admin_option, format_option
from console.output import print_json
from console.status_text import status_text


@click.command("status")
@admin_option
@format_option("text", "json")
def command(admin: Address, format_: str) -> None:
    """Tell how the running instance is.

    Asks its admin port. Fit for health checks: it says nothing but the exit code when the output is thrown away.

    Exit codes: 0 all proxy workers accept, 1 it is starting or draining or a worker is down, 3 no instance answers.
    """
    status = ask(admin, "/api/v1/status")
    try:
        ready = bool(status["ready"])
        text = status_text(status)
    except (KeyError, TypeError) as error:
        raise Undecided(f"the instance on {admin} is of another version: its status has no {error}") from error
    if format_ == "json":
        print_json(status)
    else:
        click.echo(text)
    sys.exit(Exit.FINE if ready else Exit.FINDINGS)
