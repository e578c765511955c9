"""Names that may occur once or several times: elements of markup, fields of a form, parts of a multipart body.

One is a member, several are a list. So that this is no trap, two documents are made alike before the walk, and rules hold with
``[]`` or without (``Place.loosely``).
"""

from __future__ import annotations

import re
from typing import Any, Final

from shadow.compare.rules import Place
from shadow.compare.tree import Object, Tree, same

JSON: Final = "#json"
"""The member that holds a document of another kind: its arrays are arrays."""
ORDER: Final = "#order"
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)


class Order(str):
    """The names of an element's children in their order, as against a field that is called so."""

    __slots__ = ()


class Siblings(list[Any]):
    """Several of one name, as against an array of the document."""

    __slots__ = ()


def add_member(tree: Object, name: str, value: Tree) -> None:
    """The first of a name is the member itself, the next one makes it a list."""
    if name not in tree:
        tree[name] = value
        return
    there = tree[name]
    if isinstance(there, Siblings):
        there.append(value)
    else:
        tree[name] = Siblings([there, value])


def alike(control: Tree, candidate: Tree, place: Place) -> tuple[Tree, Tree, Place]:
    """Two such documents as they can be walked, and where the rules for them begin."""
    _paired(control, candidate)
    there = place.loosely()
    if there.tolerant:
        _with_numbers(control, there)
        _with_numbers(candidate, there)
    return control, candidate, there


def _paired(control: Tree, candidate: Tree) -> None:
    """Where one side has several of a name, make the other's one a list, too. Where the children differ, their order is no
    news: it is dropped on both sides. Only what differs is looked at."""
    todo = [(control, candidate)]
    while todo:
        left, right = todo.pop()
        if same(left, right):
            continue
        if isinstance(left, dict) and isinstance(right, dict):
            if _names(left) != _names(right):
                for side in (left, right):
                    if isinstance(side.get(ORDER), Order):
                        del side[ORDER]
            todo += [_both_lists(left, right, name) for name in left.keys() & right.keys() - {JSON}]
        elif isinstance(left, Siblings) and isinstance(right, Siblings):
            todo += zip(left, right, strict=False)


def _both_lists(left: Object, right: Object, name: str) -> tuple[Tree, Tree]:
    if isinstance(left[name], Siblings) and not isinstance(right[name], Siblings):
        right[name] = Siblings([right[name]])
    elif isinstance(right[name], Siblings) and not isinstance(left[name], Siblings):
        left[name] = Siblings([left[name]])
    return left[name], right[name]


def _names(tree: Object) -> dict[str, int]:
    """How many children of each name; nothing of attributes. Empty where there is no order to compare."""
    if not isinstance(tree.get(ORDER), Order):
        return {}
    return {
        name: len(value) if isinstance(value, Siblings) else 1 for name, value in tree.items() if name[:1] not in "@#"
    }


def _with_numbers(tree: Tree, place: Place) -> None:
    """Where a rule has a tolerance, text that is a number becomes one: markup and forms have nothing but text."""
    todo = [(tree, place)]
    while todo:
        value, there = todo.pop()
        if not isinstance(value, (dict, list)):
            continue
        for step, child in [*(value.items() if isinstance(value, dict) else enumerate(value))]:
            if step == JSON:  # it has numbers of its own
                continue
            below = there.child(step)
            if not isinstance(child, str):
                todo.append((child, below))
            elif below.tolerance is not None and _NUMBER.fullmatch(child.strip()):
                value[step] = _number(child.strip())


def _number(text: str) -> bytes:
    """With a point: in text, an integer and a float are no different types."""
    return (text if set(text) & set(".eE") else f"{text}.").removeprefix("+").encode()
