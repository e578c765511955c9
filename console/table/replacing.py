"""Puts a new text into the table's file, says who did it and why, and waits until the running instance has it."""

from __future__ import annotations

from console.audit.commands import Doer, act, tell_of_another_log
from console.audit.record import table_words
from console.table.file import TableFile
from console.table.in_force import InForce, Running, announce, wait_in_force
from console.web.rights import Right
from proxy.model.table import Table
from proxy.model.versions import hash_of
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable


def put_in_force(file: TableFile, text: str, running: Running, doer: Doer, reason: str, **of: str) -> InForce:
    """``of`` is what the audit log has of it. Raises what ``TableFile.replace`` raises, and Invalid if it cannot be audited."""
    before = file.text
    with act(doer, Right.OPERATE.value, **of) as record:
        record.changed({"table": hash_of(before)}, {"table": hash_of(text)}, "")
        file.replace(text)
        record.words = table_words(_table(before), file.table)
        announce(running, file.text, doer.name, reason)
    tell_of_another_log(doer, running.audit)
    return wait_in_force(running, file.text)


def take_edited(text: str, running: Running, doer: Doer, reason: str) -> InForce:
    """``text`` is in the table's file already, by hand: the running instance is told who did it and why. Raises Invalid if that cannot be
    audited."""
    if running.version is not None:
        with act(doer, Right.OPERATE.value) as record:
            record.changed({}, {"table": hash_of(text)}, "")
            announce(running, text, doer.name, reason)
        tell_of_another_log(doer, running.audit)
    return wait_in_force(running, text)


def why(what: str, reason: str) -> str:
    """The reason of a version: what was done, and what the person who did it said."""
    return f"{what}: {reason}" if reason else what


def _table(text: str) -> Table | None:
    try:
        return load_table(text)
    except BadTable:
        return None
