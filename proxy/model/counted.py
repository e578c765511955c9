"""What the processes of an instance counted, read from their files; those of dead processes folded into one.

A process that dies every few seconds for days would leave thousands of files. The supervisor folds each one away: counters
go into ``dead.json``, gauges of a dead process mean nothing. The new ``dead.json`` names what it folded and replaces the old
one in one step, so a reader never adds a process twice, nor misses it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from proxy.model.counters import VALUE_BYTES
from proxy.model.metrics import METRICS

Row = tuple[str, str, dict[str, str], int]
"""The file's name (role-index-pid, role-dead for dead processes), metric, labels, value."""

TRIES = 100
"""Each is spoilt by one process folded meanwhile, and processes do not die that often."""


class _Dead(NamedTuple):
    """``folded`` are files that may still lie there but are counted in ``rows`` already."""

    folded: frozenset[str] = frozenset()
    rows: tuple[Row, ...] = ()


def read_counters(directory: Path) -> list[Row]:
    """All series of all processes that ever counted in ``directory``."""
    for _ in range(TRIES):
        dead = _read_dead(directory)
        rows = [
            row for path in sorted(directory.glob("*.names")) if path.stem not in dead.folded for row in _rows_of(path)
        ]
        if _read_dead(directory).folded == dead.folded:
            break
    return [*dead.rows, *rows]


def fold(directory: Path, name: str) -> None:
    """Move what the dead process ``name`` counted to ``dead.json``, and remove its files. Raises OSError."""
    before = _read_dead(directory)
    totals = {(row[0], row[1], *row[2].items()): row for row in before.rows}
    dead = f"{name.partition('-')[0]}-dead"
    for _, metric, labels, value in _rows_of(directory / f"{name}.names"):
        if value and metric in METRICS and METRICS[metric].kind != "gauge":
            key = (dead, metric, *labels.items())
            totals[key] = (dead, metric, labels, value + (totals[key][3] if key in totals else 0))
    new = directory / "dead.json.new"
    new.write_text(json.dumps({"folded": [name], "rows": list(totals.values())}), encoding="utf-8")
    new.replace(directory / "dead.json")
    for suffix in (".names", ".values"):
        (directory / name).with_suffix(suffix).unlink(missing_ok=True)


def _read_dead(directory: Path) -> _Dead:
    try:
        document = json.loads((directory / "dead.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _Dead()
    return _Dead(frozenset(document["folded"]), tuple((row[0], row[1], row[2], row[3]) for row in document["rows"]))


def _rows_of(names_path: Path) -> Iterator[Row]:
    try:
        names = names_path.read_text(encoding="utf-8").split("\n")[:-1]
        values = memoryview(names_path.with_suffix(".values").read_bytes()[: len(names) * VALUE_BYTES]).cast("q")
    except OSError:
        return
    for line, value in zip(names, values, strict=False):
        metric, labels = json.loads(line)
        yield names_path.stem, metric, labels, value
