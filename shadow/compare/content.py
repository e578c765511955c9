"""The content of an item: a hashable value that is equal for items between which no difference counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from shadow.compare.findings import Findings
from shadow.compare.rules import Place
from shadow.compare.tree import Tree, members, number_key, number_value


@dataclass(frozen=True, slots=True)
class _Visit:
    """Look at this value."""

    tree: Tree
    place: Place
    depth: int


@dataclass(frozen=True, slots=True)
class _Build:
    """Put the last ``size`` contents together; in a bag their order does not count."""

    label: Hashable
    size: int
    bag: bool = False


_Task = _Visit | _Build


def content_of(item: Tree, place: Place, findings: Findings) -> tuple[Hashable, tuple[Decimal, ...]]:
    """Left out of the content are the order of members, the spelling of numbers, waived places and the numbers that have a
    tolerance. The second part is those numbers. What exceeds a limit is told to ``findings``."""
    near: list[Decimal] = []
    done: list[Hashable] = []
    todo: list[_Task] = [_Visit(item, place, 0)]
    while todo and findings.limit is None:
        task = todo.pop()
        if isinstance(task, _Build):
            first = len(done) - task.size
            parts = tuple(done[first:])
            del done[first:]
            done.append((task.label, frozenset(Counter(parts).items()) if task.bag else parts))
        elif task.place.waiver is not None:
            done.append(("waived",))
        elif isinstance(task.tree, (dict, tuple, list)):
            todo += _opened(task, findings)
        elif isinstance(task.tree, bytes):
            done.append(_number(task.tree, task.place, near))
        else:
            done.append(task.tree)
    return done[-1] if done else None, tuple(near)


def _opened(task: _Visit, findings: Findings) -> list[_Task]:
    """The tasks that make up an object or array: its children, and below them on the stack what puts them together."""
    if task.depth >= findings.limits.depth:
        findings.stop(f"an unordered list holds more than {task.depth} levels")
        return []
    below = task.depth + 1
    if isinstance(task.tree, (dict, tuple)):
        named = sorted(members(task.tree), key=itemgetter(0))
        placed = [(name, value, task.place.child(name)) for name, value in named]
        kept = [(name, value, place) for name, value, place in placed if place.waiver is None]
        build = _Build(("object", *(name for name, _, _ in kept)), len(kept))
        children = [_Visit(value, place, below) for _, value, place in kept]
    else:
        items = task.tree if isinstance(task.tree, list) else []
        build = _Build("array", len(items), bag=task.place.unordered is not None)
        children = [_Visit(value, task.place.child(index), below) for index, value in enumerate(items)]
    findings.spend(len(children))
    return [build, *reversed(children)]


def _number(number: bytes, place: Place, near: list[Decimal]) -> Hashable:
    value = number_value(number) if place.tolerance is not None else None
    if value is None:
        return ("number", number_key(number))
    near.append(value)
    return ("near",)
