"""Acts of commands: the line before, and what came of it. A command that cannot be audited changes nothing, and shows no bodies."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from console.audit.line import Said, Step, name_or_hash
from console.audit.record import Record
from console.audit.trail import CannotAudit, Trail
from console.author import account, me
from console.exits import Complaint, Exit, Invalid
from console.store_files import audit_file
from console.talk import talk
from proxy.model.printable import printable
from shadow.store import BadStoreUrl

BODIES: Final = "bodies"
"""In place of a right: looks at recorded requests and answers."""


def trail_of(store: str, audit: str | None) -> Trail:
    """The audit log ``audit``, by default the one beside the store; else it ends the command."""
    try:
        return Trail(Path(audit).absolute() if audit else audit_file(store).absolute())
    except BadStoreUrl as error:
        raise click.BadParameter(str(error), param_hint="--store") from error


@dataclass(frozen=True, slots=True)
class Doer:
    """Which command acts, where that is kept, and who is said to do it (None: who runs it, whom the log has in any case)."""

    command: str
    trail: Trail
    author: str | None = None

    @property
    def name(self) -> str:
        return self.author or me()


@contextmanager
def act(doer: Doer, right: str, **of: str) -> Iterator[Record]:
    """Raises Invalid before anything happens if it cannot be audited."""
    trail = doer.trail
    said = {name: name_or_hash(text) for name, text in of.items() if text}
    if sudo := os.environ.get("SUDO_USER"):
        said["sudo"] = name_or_hash(sudo)
    begun = Said(
        step=Step.INTENDED,
        act=secrets.token_hex(6),
        by=account(),
        via="command",
        what=f"strangler {doer.command}",
        right=right,
        of=said | ({"author": doer.author} if doer.author else {}),
    )
    try:
        trail.append(begun)
    except CannotAudit as error:
        left = "nothing is shown or sent" if right == BODIES else "nothing was changed"
        raise Invalid(f"{error}, so {left}.\nMake it writable, or name another file with --audit.") from error
    record = Record()
    step, status = Step.FAILED, int(Exit.UNDECIDED)
    try:
        yield record
        step, status = Step.DONE, int(Exit.FINE)
    except Complaint as error:
        step, status = Step.REFUSED, error.exit_code
        raise
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(Exit.FINE)
        step, status = Step.DONE, code
        raise
    finally:
        _end(trail, record.ended(begun, step, status))


def tell_of_another_log(doer: Doer, instance: str | None) -> None:
    """``instance`` is where the running instance keeps its audit log, None if nobody knows."""
    ours = doer.trail.path
    if instance is not None and not (Path(instance).exists() and Path(instance).samefile(ours)):
        talk(
            f"The instance keeps its audit log in {printable(instance)}; this act is in {ours}: give both the same --store, or --audit."
        )


def _end(trail: Trail, said: Said) -> None:
    try:
        trail.append(said)
    except CannotAudit as error:
        talk(f"strangler: {error}: what came of act {said.act} ({said.step}) is not in it")
