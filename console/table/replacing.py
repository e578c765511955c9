"""Puts a new text into the table's file, says who did it and why, and waits until the running instance has it."""

from __future__ import annotations

from console.table.file import TableFile
from console.table.in_force import InForce, Running, announce, wait_in_force


def put_in_force(file: TableFile, text: str, running: Running, by: str, reason: str) -> InForce:
    """Raises what ``TableFile.replace`` raises."""
    file.replace(text)
    announce(running, file.text, by, reason)
    return wait_in_force(running, file.text)


def why(what: str, reason: str) -> str:
    """The reason of a version: what was done, and what the person who did it said."""
    return f"{what}: {reason}" if reason else what
