"""Changes of who answers: the split of a group, or of a route that has its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.table.edit import put, renamed
from console.table.nodes import Location
from proxy.model.table import LEGACY
from proxy.table.mistakes import did_you_mean

Weights = dict[str, int]

ALL = 100
"""The weight of who takes everything."""


class NoMove(Exception):
    """What was asked for cannot be done; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A group, or a route without one. ``location`` is that of its ``split``, or of the ``backend`` that takes all. ``retired`` are the
    routes among those it moves that legacy never answers; ``backends`` are those that may take part."""

    name: str
    location: Location
    weights: Weights
    retired: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return self.location[-1] == "backend"


def find_mover(data: Mapping[str, Any], name: str, weights_of: Mapping[str, Weights]) -> Mover:
    """``data`` is the table as the file says it, ``weights_of`` holds the weights in force by route. Raises NoMove."""
    groups, routes = data.get("groups") or {}, data.get("routes") or []
    backends = tuple(data.get("backends") or ())
    index = next((index for index, route in enumerate(routes) if route["name"] == name), None)
    route = routes[index] if index is not None else {}
    group = route.get("group")
    if name in groups and route and group != name:
        raise NoMove(
            f"{name!r} is a group, and a route that is not in it: edit the table by hand, or rename one of them"
        )
    if name in groups:
        weights = {key: int(n) for key, n in groups[name]["split"].items()}
        gone = tuple(one["name"] for one in routes if one.get("group") == name and one.get("retired"))
        return Mover(name, ("groups", name, "split"), weights, gone, backends)
    if index is None:
        meant = did_you_mean(name, [*groups, *(route["name"] for route in routes)])
        raise NoMove(f"there is no group or route {name!r}; {meant or '`strangler stage` lists them'}")
    if group is not None:
        raise NoMove(f"{name} moves with all routes of its group: name the group, {group}")
    if name not in weights_of:
        raise NoMove(f"{name} is not enabled: it takes no requests")
    location: Location = ("routes", index, "split" if "split" in route else "backend")
    return Mover(name, location, weights_of[name], (name,) if route.get("retired") else (), backends)


def weighed(mover: Mover, wanted: Weights) -> Weights:
    """The weights after ``wanted`` were set; nobody else's change. Raises NoMove."""
    for name in wanted:
        if name not in mover.backends:
            meant, known = did_you_mean(name, mover.backends), f"known: {', '.join(mover.backends)}"
            raise NoMove(f"there is no backend {name!r}; {meant or known}")
    if mover.is_whole and (missing := mover.weights.keys() - wanted.keys()):
        (whole,) = missing
        raise NoMove(f"all of {mover.name} goes to {whole}: say what it keeps, {whole}=N")
    return _possible(mover, {**mover.weights, **wanted})


def killed(mover: Mover) -> Weights:
    """Everything to legacy, nothing to the others. Raises NoMove."""
    others = {name: 0 for name in mover.weights if name != LEGACY}
    return _possible(mover, others | {LEGACY: mover.weights.get(LEGACY) or ALL})


def _possible(mover: Mover, weights: Weights) -> Weights:
    if mover.retired and weights.get(LEGACY):
        raise NoMove(
            f"legacy never answers {' and '.join(mover.retired)} any more: if it still can, take `retired: true` away there first, "
            "or go back to a version of before (`strangler history`, `strangler rollback`)"
        )
    return weights


def moved(text: str, mover: Mover, weights: Weights) -> str:
    """The table's text with these weights. Raises CannotEdit."""
    if mover.is_whole:
        return text if weights.keys() == mover.weights.keys() else renamed(text, mover.location, "split", weights)
    for name, weight in weights.items():
        if mover.weights.get(name) != weight:
            text = put(text, (*mover.location, name), weight)
    return text


def shares(weights: Weights) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total if total else 0.0 for name, weight in weights.items()}


def words_of(mover: Mover, weights: Weights) -> str:
    """What these weights move: ``ordering: orders 5 % -> 20 %, legacy 95 % -> 80 %``."""
    before, after = shares(mover.weights), shares(weights)
    return f"{mover.name}: {', '.join(_moved(name, before.get(name, 0.0), share) for name, share in after.items())}"


def _moved(name: str, was: float, will: float) -> str:
    return f"{name} {_percent(will)}" if was == will else f"{name} {_percent(was)} -> {_percent(will)}"


def _percent(share: float) -> str:
    return f"{share * 100:.4g} %"
