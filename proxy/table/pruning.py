"""Leaves out what the grammar refused, so that the rest of a table can still be checked: all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from proxy.table.wording import Location

_SOMEWHERE: Final = {"url": "http://127.0.0.1:1"}
_EVERYTHING: Final = {"path": "/**"}


@dataclass(slots=True)
class Damage:
    """What nothing can be said about, since it was left out. Routes are given by their index."""

    routes: set[int] = field(default_factory=set)
    claims: set[int] = field(default_factory=set)
    """Routes of which it is not known what they claim."""
    splits: set[str] = field(default_factory=set)
    """Groups whose split is not known."""
    backends: bool = False
    """No backend may be called unknown: some could not be read."""
    groups: bool = False


def pruned(data: dict[str, Any], locations: Iterable[Location], damage: Damage) -> dict[str, Any]:
    """A copy of ``data`` without what stands at ``locations``; what that leaves unknown is added to ``damage``."""
    copy: dict[str, Any] = _copied(data)
    # From the end, so that what is taken out of a list moves nothing that is still to be taken out.
    for location in sorted(locations, key=_order, reverse=True):
        _leave_out(copy, location, damage)
    return copy


def _order(location: Location) -> list[tuple[bool, int, str]]:
    return [(True, step, "") if isinstance(step, int) else (False, 0, step) for step in location]


def _copied(value: Any) -> Any:
    """A copy of its containers. The builder bounds their depth and, with aliases written out, their number."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _leave_out(copy: dict[str, Any], location: Location, damage: Damage) -> None:
    match location:
        case ("version",):
            copy["version"] = 1
        case ("backends", name, *_):
            copy["backends"][name] = _SOMEWHERE
        case ("backends",):
            copy["backends"], damage.backends = {"legacy": _SOMEWHERE}, True
        case ("groups", str(name), *_):
            copy["groups"][name] = {"split": {"legacy": 1}}
            damage.splits.add(name)
        case ("groups",):
            copy["groups"], damage.groups = {}, True
        case ("routes", int(index), *rest):
            _leave_out_of_route(copy["routes"], index, rest, damage)
        case ("routes",):
            copy["routes"] = []
        case (key, *_):
            copy.pop(str(key), None)
        case _:
            copy.clear()


def _leave_out_of_route(routes: list[Any], index: int, rest: list[Any], damage: Damage) -> None:
    damage.routes.add(index)
    if not rest or rest[0] in {"match", "priority", "enabled"}:
        damage.claims.add(index)
    match rest:
        case []:
            routes[index] = {"name": f"_{index}", "match": _EVERYTHING, "backend": "legacy"}
        case ["name"]:
            routes[index]["name"] = f"_{index}"
        case ["match"] | ["match", int()]:
            routes[index]["match"] = _EVERYTHING
        case _:
            _remove(routes[index], rest)


def _remove(container: Any, location: list[Any]) -> None:
    """Take out what stands at ``location``; if nothing does, what should have held it."""
    path: list[tuple[Any, Any]] = []
    for step in location:
        if (isinstance(container, dict) and step in container) or (
            isinstance(container, list) and step in range(len(container))
        ):
            path.append((container, step))
            container = container[step]
        elif not isinstance(step, int):
            break
    if path:
        holder, step = path[-1]
        del holder[step]
