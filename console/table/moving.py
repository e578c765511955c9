"""Puts a move into the file and tells what came of it: what ``weight`` and ``kill`` have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import click

from console.address import Address
from console.audit.commands import Doer
from console.exits import Invalid
from console.output import print_json
from console.table.edit import CannotEdit
from console.table.file import TableFile
from console.table.in_force import InForce, find_running
from console.table.moves import Mover, NoMove, Weights, find_mover, moved, words_of
from console.table.replacing import put_in_force, why
from console.talk import talk, tell
from proxy.model.printable import printable
from proxy.table.reading import read


@dataclass(frozen=True, slots=True)
class Move:
    """What was asked for: the table, whose weights, by whom and why."""

    config: str
    name: str
    doer: Doer
    reason: str = ""


def move(asked: Move, admin: Address, format_: str, wanted: Callable[[Mover], Weights]) -> None:
    """Ends the command with its exit code."""
    config, name = asked.config, asked.name
    file = TableFile(config)
    running = find_running(admin, file.path)
    in_force = {route.name: dict(route.split.weights) for route in file.table.routes}
    try:
        mover = find_mover(read(file.text, os.environ, config).data, name, in_force)
        weights = wanted(mover)
        text = moved(file.text, mover, weights)
    except (NoMove, CannotEdit) as error:
        raise Invalid(str(error)) from error
    if text == file.text:
        _tell(config, mover, weights, None, format_)
        return
    result = put_in_force(
        file, text, running, asked.doer, why(words_of(mover, weights), asked.reason), moves=mover.name
    )
    _tell(config, mover, weights, result, format_)
    sys.exit(result.exit)


def _tell(config: str, mover: Mover, weights: Weights, result: InForce | None, format_: str) -> None:
    if format_ == "json":
        print_json(
            {
                "file": config,
                "name": mover.name,
                "before": mover.weights,
                "after": weights,
                "changed": result is not None,
                "in_force": result.to_json() if result else None,
            }
        )
        return
    click.echo(printable(words_of(mover, weights)))
    tell(result.text if result else "nothing to change: the table says so already")
    total = sum(weights.values())
    if result and sum(mover.weights.values()) == 100 != total:
        talk(f"The weights add up to {total} now, not to 100: shares are what counts, as above.")
