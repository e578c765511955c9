"""``strangler status``."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from console.address import Address
from console.exits import Exit, Undecided
from console.instance import Unknown, ask
from console.options import admin_option, format_option
from console.output import print_json
from console.status_text import status_text
from console.talk import talk


@click.command("status")
@admin_option
@format_option("text", "json")
def command(admin: Address, format_: str) -> None:
    """Tell how the running instance is.

    Asks its admin port, with the token in STRANGLER_TOKEN where it asks for one, by TLS where STRANGLER_ADMIN_CA names the
    authorities of its certificate (a PEM file, or `system`). Fit for health checks: the exit code needs no token.

    Exit codes: 0 all proxy workers accept, 1 it is starting or draining or a worker is down, 3 no instance answers.
    """
    try:
        status = ask(admin, "/api/v1/status")
    except Unknown as error:
        _tell_ready(admin, error)
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


def _tell_ready(admin: Address, unknown: Unknown) -> NoReturn:
    """As much as anybody may know."""
    ready = ask(admin, "/readyz", good=frozenset({200, 503})).get("ready") is True
    talk(f"strangler: it is {'ready' if ready else 'not ready'}, and tells no more: {unknown.message}")
    sys.exit(Exit.FINE if ready else Exit.FINDINGS)
