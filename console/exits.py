"""How a command ends: 0 fine, 1 findings or invalid input, 2 usage, 3 could not decide. Stable; scripts rely on it."""

from __future__ import annotations

import enum
from typing import IO, Any

import click

from console.talk import talk


class Exit(enum.IntEnum):
    FINE = 0
    FINDINGS = 1
    USAGE = 2
    UNDECIDED = 3


class Complaint(click.ClickException):
    """Ends the command. The message says what is wrong and what to do; it stands on stderr as it is."""

    def show(self, file: IO[Any] | None = None) -> None:
        text = f"strangler: {self.message}"
        if file is None:
            talk(text)
        else:
            click.echo(text, file=file)


class Invalid(Complaint):
    """What the user gave us is no good."""

    exit_code = Exit.FINDINGS


class Undecided(Complaint):
    """There is nothing to decide on: no store, no running instance."""

    exit_code = Exit.UNDECIDED
