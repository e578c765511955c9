"""Moves of who answers, as `strangler weight` and `kill` make them: the groups and routes that have weights, and what new ones come to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from console.table.edit import CannotEdit
from console.table.moves import ALL, Mover, NoMove, Weights, find_mover, killed, moved, shares, weighed, words_of
from console.web.refused import Refused
from proxy.model.table import LEGACY, Table
from proxy.table.load import load_table
from proxy.table.mistakes import BadTable
from proxy.table.reading import read

Document = dict[str, Any]

PREFIX: Final = "weight."
MAX_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Moved:
    """``text`` is the table's new one; ``words`` say what moves."""

    name: str
    words: str
    text: str


async def movers_of(text: str, sought: str, shown: Callable[[Sequence[str]], Document]) -> Document:
    """Groups and routes with weights of their own, in the order of the table: those in which ``sought`` stands, as ``shown`` pages their
    names, and how many there are in ``all``. Raises Refused where ``text`` is no good table."""
    return await asyncio.to_thread(_movers, text, sought, shown)


async def moved_by(text: str, name: str, wanted: Weights | None) -> Moved:
    """``text`` with these weights; None: everything to legacy. Raises Refused."""
    return await asyncio.to_thread(_moved, text, name, wanted)


def wanted_in(fields: Mapping[str, str | bool]) -> Weights:
    """The weights that a form holds: ``weight.orders=20``. Raises Refused."""
    return {name.removeprefix(PREFIX): _number(str(given)) for name, given in fields.items() if name.startswith(PREFIX)}


def _number(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) <= MAX_DIGITS):
        raise Refused(400, f"a weight is a whole number, as in 20; {given[:40]!r} is not")
    return int(given)


def _movers(text: str, sought: str, shown: Callable[[Sequence[str]], Document]) -> Document:
    table, data = _read(text)
    weights = {route.name: dict(route.split.weights) for route in table.routes}
    members: dict[str, list[str]] = {}
    for route in table.routes:
        if route.group is not None:
            members.setdefault(route.group, []).append(route.name)
    splits = {name: group["split"] for name, group in (data.get("groups") or {}).items()}
    splits |= {
        one["name"]: one["split"] for one in data.get("routes") or () if one.get("split") and one["name"] in weights
    }
    found = [
        name
        for name, split in splits.items()
        if any(sought in word.casefold() for word in (name, *members.get(name, ()), *split))
    ]
    list_ = shown(found)
    items = [_document(find_mover(data, name, weights), members.get(name)) for name in list_["items"]]
    return {"list": {**list_, "items": items}, "all": len(splits)}


def _document(mover: Mover, members: list[str] | None) -> Document:
    share = shares(mover.weights)
    total = sum(mover.weights.values())
    return {
        "name": mover.name,
        "routes": members,
        "total": total,
        "most": max(ALL, total),
        "weights": [
            {"backend": name, "weight": weight, "share": share[name]}
            for name, weight in sorted(mover.weights.items(), key=lambda arm: arm[0] == LEGACY)
        ],
    }


def _moved(text: str, name: str, wanted: Weights | None) -> Moved:
    table, data = _read(text)
    try:
        mover = find_mover(data, name, {route.name: dict(route.split.weights) for route in table.routes})
    except NoMove as error:
        raise Refused(404, str(error)) from error
    try:
        weights = killed(mover) if wanted is None else weighed(mover, _changed(mover, wanted))
        return Moved(name, words_of(mover, weights), moved(text, mover, weights))
    except (NoMove, CannotEdit) as error:
        raise Refused(409, str(error)) from error


def _changed(mover: Mover, wanted: Weights) -> Weights:
    """Only what was really moved: a slider that nobody touched says nothing."""
    return {name: weight for name, weight in wanted.items() if mover.weights.get(name) != weight}


def _read(text: str) -> tuple[Table, Any]:
    try:
        return load_table(text), read(text, os.environ, "the table").data
    except BadTable as error:
        raise Refused(409, "the file has mistakes, so no weight can be moved: mend it as text first") from error
