"""Two trees as plain values that a general diff tool can be given: what the rules call equal is made equal beforehand.

Waived places are left out, numbers within their tolerance are the same, and a list whose items do not belong together by position
becomes an object whose names are the items that do. Recursive, so only for trees within ``Limits.depth``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from shadow.compare.findings import Findings
from shadow.compare.missing import MISSING
from shadow.compare.normaliser import made_equal
from shadow.compare.pairing import pair_items
from shadow.compare.pairs import Pairing
from shadow.compare.rules import Place
from shadow.compare.tree import Array, Object, Tree, is_float, members, number_value, same_number, within

_MAX_DIGITS = 4300
"""Longer integers stay text: Python refuses to convert them."""


class Says(enum.Enum):
    """What a member of an aligned list tells about the item it is named by."""

    VALUE = enum.auto()
    ADDED = enum.auto()
    REPEATED = enum.auto()
    MOVED = enum.auto()


@dataclass(frozen=True, slots=True)
class Item:
    """The name of a member of an aligned list: the item's index on the control's side, or the candidate's if it was added."""

    index: int
    says: Says = Says.VALUE


def align(control: Tree, candidate: Tree, place: Place, findings: Findings, depth: int = 0) -> tuple[Any, Any]:
    """Both as dict, list, str, int, float, bool, None. What exceeds a limit is told to ``findings``."""
    if place.waiver is not None:
        return None, None
    if depth >= findings.limits.depth:
        findings.stop(f"nested more than {depth} levels deep")
    if findings.limit is not None:
        return None, None
    if place.normalise and made_equal(place.normalise, control, candidate):
        return plain(control), plain(control)
    if isinstance(control, (dict, tuple)) and isinstance(candidate, (dict, tuple)):
        return _objects(dict(control), dict(candidate), place, findings, depth + 1)
    if isinstance(control, list) and isinstance(candidate, list):
        return _arrays(control, candidate, place, findings, depth + 1)
    if isinstance(control, bytes) and isinstance(candidate, bytes):
        return _numbers(control, candidate, place)
    return plain(control), plain(candidate)


def plain(tree: Tree) -> Any:
    """One tree as a plain value."""
    if isinstance(tree, (dict, tuple)):
        return {name: plain(value) for name, value in members(tree)}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    if isinstance(tree, bytes):
        return _number(tree)
    return tree


def _objects(ours: Object, theirs: Object, place: Place, findings: Findings, depth: int) -> tuple[Any, Any]:
    left: dict[str, Any] = {}
    right: dict[str, Any] = {}
    for name in {**ours, **theirs}:
        there = place.child(name)
        if there.waiver is not None:
            continue
        if name in ours and name in theirs:
            left[name], right[name] = align(ours[name], theirs[name], there, findings, depth)
        elif name in ours and not _may_be_missing(ours[name], there):
            left[name] = plain(ours[name])
        elif name in theirs and not _may_be_missing(theirs[name], there):
            right[name] = plain(theirs[name])
    return left, right


def _may_be_missing(value: Tree, place: Place) -> bool:
    """Whether a rule says that it does not matter that only one side has this."""
    return place.waiver is not None or (
        bool(place.normalise) and made_equal(place.normalise, value, MISSING) is not None
    )


def _arrays(control: Array, candidate: Array, place: Place, findings: Findings, depth: int) -> tuple[Any, Any]:
    pairing = pair_items(control, candidate, place, findings)
    pairs = list(pairing.pairs)
    both = [(i, *align(control[i], candidate[j], place.child(i), findings, depth)) for i, j in pairs]
    removed = [i for i in pairing.removed if not _may_be_missing(control[i], place.child(i))]
    added = [j for j in pairing.added if not _may_be_missing(candidate[j], place.child(j))]
    if _is_by_position(pairing, pairs) and len(removed) + len(added) == len(pairing.removed) + len(pairing.added):
        left = [value for _, value, _ in both] + [plain(control[i]) for i in removed]
        right = [value for _, _, value in both] + [plain(candidate[j]) for j in added]
        return left, right
    ours = {Item(i): value for i, value, _ in both} | {Item(i): plain(control[i]) for i in removed}
    theirs = {Item(i): value for i, _, value in both} | {Item(j, Says.ADDED): plain(candidate[j]) for j in added}
    for i, (times, others) in pairing.repeated:
        if place.child(i).waiver is None:
            name = Item(i, Says.REPEATED)
            ours[name], theirs[name] = f"{times} times", f"{others} times"
    for i, j in pairing.moved:
        if place.child(i).waiver is None:
            name = Item(i, Says.MOVED)
            ours[name], theirs[name] = f"from {i}", f"to {j}"
    return ours, theirs


def _is_by_position(pairing: Pairing, pairs: list[tuple[int, int]]) -> bool:
    """Whether the lists, as they are, are what a tool that compares by position should be given."""
    surplus = [*pairing.removed, *pairing.added]
    return (
        not pairing.repeated
        and not (pairing.removed and pairing.added)
        and pairs == [(index, index) for index in range(len(pairs))]
        and surplus == [*range(len(pairs), len(pairs) + len(surplus))]
    )


def _numbers(control: bytes, candidate: bytes, place: Place) -> tuple[Any, Any]:
    left, right = _number(control), _number(candidate)
    if same_number(control, candidate) or (
        place.tolerance is not None and within(control, candidate, place.tolerance.distance)
    ):
        return left, left
    if left == right and type(left) is type(right):  # more digits than a float can tell apart
        return control.decode(), candidate.decode()
    return left, right


def _number(number: bytes) -> Any:
    text = number.decode()
    if not is_float(number):
        return int(text) if len(number) <= _MAX_DIGITS else text
    return float(text) if number_value(number) is not None and abs(float(text)) < float("inf") else text
