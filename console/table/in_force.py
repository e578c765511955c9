"""Waits until a running instance has a changed table in force, and tells so."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.address import Address
from console.exits import Exit, Undecided
from console.instance import ask
from proxy.model.versions import MAX_BY, MAX_REASON, hash_of

PATIENCE_SECONDS = 15.0
"""A change is in force within a second, but a large table takes longer to check, and a machine may be busy."""

_LOOK_SECONDS = 0.05

_OLD_NEWS_SECONDS = 3.0
"""What was wrong before the change is not what is wrong with it, until the file must have been read again."""


@dataclass(frozen=True, slots=True)
class Running:
    """The instance that serves the table of a file, with the version that it had; None: there is none. ``audit`` is where it keeps its
    audit log."""

    admin: Address
    version: int | None
    note: str = ""
    error: str | None = None
    audit: str | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """What came of a change in the running instance. ``workers`` are those that have it, of how many."""

    exit: Exit
    text: str
    version: int | None = None
    workers: tuple[int, int] | None = None
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        have, of = self.workers or (None, None)
        return {"table_version": self.version, "workers": have, "of": of, "seconds": self.seconds, "text": self.text}


def find_running(admin: Address, path: Path) -> Running:
    """Look before a change is made, so that it can be told from the one before it."""
    try:
        status = ask(admin, "/api/v1/status")
        table, version = status["table"], int(status["table_version"])
        source, error = table["source"], table["error"]
        audit = status.get("audit", {}).get("file")
    except (Undecided, KeyError, TypeError, ValueError):
        return Running(admin, None, f"no instance answers on {admin}: it takes effect at the next start")
    if not _same(source, path):
        return Running(
            admin, None, f"the instance on {admin} runs another table ({source}): this one is not in force there"
        )
    return Running(admin, version, error=error, audit=audit)


def announce(running: Running, text: str, by: str, reason: str) -> None:
    """Say who made the text that the file has now, and why. Where nobody listens, the change takes effect without a name."""
    if running.version is not None:
        said = {"by": by[:MAX_BY], "reason": reason[:MAX_REASON], "hash": hash_of(text)}
        with contextlib.suppress(Undecided):
            ask(running.admin, "/-/reload", said)


def wait_in_force(running: Running, text: str) -> InForce:
    """Until every proxy worker has a later version than before, or ``text``, if that was in force and only its file was bad."""
    if running.version is None:
        return InForce(Exit.FINE, running.note)
    began, hash_ = time.monotonic(), hash_of(text)
    version, have, of = running.version, 0, 0
    while (seconds := time.monotonic() - began) < PATIENCE_SECONDS:
        try:
            status = ask(running.admin, "/api/v1/status")
        except Undecided as error:
            return InForce(Exit.UNDECIDED, f"whether it is in force is not known: {error.message}")
        wrong = status["table"]["error"]
        if wrong and (wrong != running.error or seconds > _OLD_NEWS_SECONDS):
            return InForce(Exit.FINDINGS, f"the instance refuses the table:\n{wrong}", version)
        is_back = not wrong and status["table"].get("hash") == hash_
        version, have, of = _progress(status, running.version - is_back)
        if have == of and of:
            text = f"in force on {have} of {of} {'worker' if of == 1 else 'workers'} after {seconds:.1f} s"
            return InForce(Exit.FINE, f"{text}, version {version}", version, (have, of), round(seconds, 3))
        time.sleep(_LOOK_SECONDS)
    text = f"in force on {have} of {of} workers only after {PATIENCE_SECONDS:g} s: see `strangler status`"
    return InForce(Exit.UNDECIDED, text, version, (have, of), PATIENCE_SECONDS)


def _progress(status: dict[str, Any], before: int) -> tuple[int, int, int]:
    """The version in force, how many proxy workers have it, of how many. What the shadow compares by comes with the copies."""
    version = int(status["table_version"])
    workers = [one["table_version"] for one in status["processes"] if one["role"] == "proxy"]
    return version, workers.count(version) if version > before else 0, len(workers)


def _same(source: str, path: Path) -> bool:
    try:
        return Path(source).samefile(path)
    except (OSError, ValueError):
        return False
