"""The content of an item: a hashable value that is equal for items between which no difference counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from shadow.compare.findings import Findings
from shadow.compare.normaliser import content
from shadow.compare.rules import Place
from shadow.compare.tree import Tree, members, number_key, number_value

_SHORT: Final = 40
"""Digits of numbers that are kept in a cache: such are most, and often the same."""


class TooDeep(Exception):
    """The item is nested too deep for a content by rules."""


class HalfSpent(Exception):
    """Half of the limits are used up."""


def plain_content(item: Tree, findings: Findings) -> Hashable:
    """Left out are the order of members and the spelling of numbers. What is left is strung together in the order of the
    document: names of an object, length of an array, then what they hold; so depth does not matter."""
    parts: list[Hashable] = []
    todo: list[Tree] = [item]
    while todo:
        tree = todo.pop()
        if isinstance(tree, dict):
            names = sorted(tree)
            parts.append(tuple(names))
            todo += [tree[name] for name in names]
        elif isinstance(tree, list):
            parts.append((len(tree),))
            todo += tree
        elif isinstance(tree, bytes):
            parts.append(_spelt(tree) if len(tree) <= _SHORT else _spelling(tree))
        elif isinstance(tree, tuple):
            named = sorted(tree, key=itemgetter(0))
            parts.append(tuple([name for name, _ in named]))
            todo += [value for _, value in named]
        else:
            parts.append(tree)
    findings.spend(len(parts))
    return parts[0] if len(parts) == 1 else tuple(parts)


def _spelling(number: bytes) -> bytes:
    key = number_key(number)
    return key if isinstance(key, bytes) else b"." + key.encode()


_spelt = lru_cache(maxsize=4096)(_spelling)


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


def content_of(
    item: Tree, place: Place, findings: Findings, *, needed: bool = True
) -> tuple[Hashable, tuple[Decimal, ...]]:
    """As plain_content, and left out are also waived places and the numbers that have a tolerance. The second part is those
    numbers. Raises TooDeep; and if it is not needed, HalfSpent."""
    if not needed and findings.half_spent:
        raise HalfSpent
    if place.silent:
        return plain_content(item, findings), ()
    near: list[Decimal] = []
    done: list[Hashable] = []
    todo: list[_Task] = [_Visit(item, place, 0)]
    while todo and findings.limit is None:
        if not needed and findings.half_spent:
            raise HalfSpent
        task = todo.pop()
        if isinstance(task, _Build):
            first = len(done) - task.size
            parts = tuple(done[first:])
            del done[first:]
            done.append((task.label, frozenset(Counter(parts).items()) if task.bag else parts))
        elif task.place.waiver is not None:
            done.append(("waived",))
        elif task.place.silent:
            done.append(("plain", plain_content(task.tree, findings)))
        elif isinstance(task.tree, (dict, tuple, list)):
            todo += _opened(task, findings)
        else:
            done.append(_scalar(task.tree, task.place, near))
    return done[-1] if done else None, tuple(near)


def _opened(task: _Visit, findings: Findings) -> list[_Task]:
    """The tasks that make up an object or array: its children, and below them on the stack what puts them together."""
    if task.depth >= findings.limits.depth:
        raise TooDeep
    below = task.depth + 1
    if isinstance(task.tree, (dict, tuple)):
        named = sorted(members(task.tree), key=itemgetter(0))
        placed = [(name, value, task.place.child(name)) for name, value in named]
        kept = [(name, value, place) for name, value, place in placed if place.waiver is None]
        build = _Build(("object", *(name for name, _, _ in kept)), len(kept))
        children = [_Visit(value, place, below) for _, value, place in kept]
    else:
        items: Any = task.tree
        build = _Build("array", len(items), bag=task.place.unordered is not None)
        children = [_Visit(value, task.place.child(index), below) for index, value in enumerate(items)]
    findings.spend(len(children))
    return [build, *reversed(children)]


def _scalar(value: Any, place: Place, near: list[Decimal]) -> Hashable:
    if place.normalise and (normal := content(place.normalise, value)) is not None:
        return normal
    return _number(value, place, near) if isinstance(value, bytes) else value


def _number(number: bytes, place: Place, near: list[Decimal]) -> Hashable:
    value = number_value(number) if place.tolerance is not None else None
    if value is None:
        return ("number", number_key(number))
    near.append(value)
    return ("near",)
