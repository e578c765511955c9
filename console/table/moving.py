"""Puts a move into the file and tells what came of it: what ``weight`` and ``kill`` have in common."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import click

from console.address import Address
from console.author import me
from console.exits import Invalid
from console.output import print_json
from console.table.edit import CannotEdit
from console.table.file import TableFile
from console.table.in_force import InForce, find_running
from console.table.moves import Mover, NoMove, Weights, find_mover, moved, shares
from console.table.replacing import put_in_force, why
from console.terminal import talk
from proxy.model.printable import printable
from proxy.table.reading import read


@dataclass(frozen=True, slots=True)
class Move:
    """What was asked for: the table, whose weights, by whom (None: who runs this) and why."""

    config: str
    name: str
    by: str | None = None
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
    result = put_in_force(file, text, running, asked.by or me(), why(_words(mover, weights), asked.reason))
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
    click.echo(printable(_words(mover, weights)))
    click.echo(result.text if result else "nothing to change: the table says so already")
    total = sum(weights.values())
    if result and sum(mover.weights.values()) == 100 != total:
        talk(f"The weights add up to {total} now, not to 100: shares are what counts, as above.")


def _words(mover: Mover, weights: Weights) -> str:
    before, after = shares(mover.weights), shares(weights)
    told = [f"{name} {_percent(before.get(name, 0.0))} -> {_percent(share)}" for name, share in after.items()]
    return f"{mover.name}: {', '.join(told)}"


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"
