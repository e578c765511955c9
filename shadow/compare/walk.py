"""The walk: where do two JSON documents differ? Iterative and linear, so no document can make it recurse or hang.

Only what differs is descended into: at every level equal children are passed over at C speed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from proxy.model.path import member_path
from proxy.model.table import Waiver
from shadow.compare.excerpt import shown_apart
from shadow.compare.findings import Findings
from shadow.compare.missing import MISSING
from shadow.compare.normaliser import made_equal
from shadow.compare.pairing import pair_items
from shadow.compare.pairs import by_position
from shadow.compare.rules import Place, hidden_by
from shadow.compare.tree import Array, Object, Repeated, Tree, is_float, members, same, same_number, shown, within
from shadow.model import Difference, Kind


class Spot(NamedTuple):
    """Where the walk is: ``waiver`` is the rule that hides this spot and all below, ``limited`` those that hide some kinds of
    differences, ``place`` what the rules say here, ``general`` the path with ``.*`` for members of maps, None below no map."""

    path: str
    place: Place
    waiver: str | None
    depth: int
    general: str | None
    limited: tuple[Waiver, ...] = ()

    def hides(self, kind: Kind) -> str | None:
        """The path of the rule that hides differences of this kind here."""
        return self.waiver if self.waiver is not None else hidden_by(self.limited, kind)

    def member(self, name: str, *, in_map: bool = False) -> Spot:
        there = self.place.child(name)
        general = self.general
        if in_map:
            general = f"{general or self.path}.*"
        elif general is not None:
            general = member_path(general, name)
        waiver, limited = self.waiver or there.waiver, self.limited + there.limited
        return Spot(member_path(self.path, name), there, waiver, self.depth + 1, general, limited)

    def item(self, index: int) -> Spot:
        there = self.place.child(index)
        general = None if self.general is None else f"{self.general}[]"
        waiver, limited = self.waiver or there.waiver, self.limited + there.limited
        return Spot(f"{self.path}[{index}]", there, waiver, self.depth + 1, general, limited)


Pair = tuple[Spot, Tree, Tree]

MAP: Final = 100
"""Members. An object with more, on either side, is a map from some key to values: its members are all one place."""


def walk(control: Tree, candidate: Tree, place: Place, findings: Findings) -> None:
    """Add every differing place to ``findings``, until a limit stops it."""
    if same(control, candidate):
        return
    levels: list[Iterator[Pair]] = [iter([(_start(place), control, candidate)])]
    while levels and findings.limit is None:
        pair = next(levels[-1], None)
        findings.spend(1)
        if pair is None:
            levels.pop()
        elif pair[0].waiver is None or not findings.hides_enough:
            below = _differ(*pair, findings)
            if below is not None:
                levels.append(below)


def _start(place: Place) -> Spot:
    return Spot("$", place, place.waiver, 0, None, place.limited)


def _differ(spot: Spot, left: Tree, right: Tree, findings: Findings) -> Iterator[Pair] | None:
    """Compare two values; what is within them is compared as far as it is asked for."""
    if spot.depth >= findings.limits.depth:
        _too_deep(spot, left, right, findings)
    elif isinstance(left, dict) and isinstance(right, dict):
        return _members(spot, left, right, findings)
    elif isinstance(left, (dict, tuple)) and isinstance(right, (dict, tuple)):
        return _repeated_members(spot, left, right, findings)
    elif isinstance(left, list) and isinstance(right, list):
        return _items(spot, left, right, findings)
    elif isinstance(left, bytes) and isinstance(right, bytes):
        _numbers(spot, left, right, findings)
    else:
        _changed(spot, left, right, findings, same_kind=type(left) is type(right))
    return None


def _changed(spot: Spot, left: Tree, right: Tree, findings: Findings, *, same_kind: bool) -> None:
    kind = Kind.VALUES_CHANGED if same_kind else Kind.TYPE_CHANGES
    texts = shown_apart(left, right, findings.limits.shown)
    difference = Difference(spot.path, kind, *texts, spot.general)
    _unless_made_equal(spot, difference, left, right, findings)


def _numbers(spot: Spot, left: bytes, right: bytes, findings: Findings) -> None:
    if same_number(left, right):
        return
    tolerance = spot.place.tolerance
    if tolerance is not None and within(left, right, tolerance.distance):
        if spot.waiver is None:
            findings.hides(tolerance.label, Kind.VALUES_CHANGED)
        return
    _changed(spot, left, right, findings, same_kind=is_float(left) == is_float(right))


def _too_deep(spot: Spot, left: Tree, right: Tree, findings: Findings) -> None:
    if spot.waiver is None:
        findings.stop(f"they differ somewhere below {spot.depth} levels")
    else:
        _changed(spot, left, right, findings, same_kind=True)


def _removed(spot: Spot, kind: Kind, value: Tree, findings: Findings) -> None:
    difference = Difference(spot.path, kind, shown(value, findings.limits.shown), None, spot.general)
    _unless_made_equal(spot, difference, value, MISSING, findings)


def _added(spot: Spot, kind: Kind, value: Tree, findings: Findings) -> None:
    difference = Difference(spot.path, kind, None, shown(value, findings.limits.shown), spot.general)
    _unless_made_equal(spot, difference, value, MISSING, findings)


def _unless_made_equal(spot: Spot, difference: Difference, left: Any, right: Any, findings: Findings) -> None:
    rule = made_equal(spot.place.normalise, left, right) if spot.place.normalise else None
    if rule is not None:
        findings.made_equal(difference, rule)
    else:
        _found(spot, difference, findings)


def _repeated(spot: Spot, value: Tree, times: tuple[int, int], findings: Findings) -> None:
    text = shown(value, findings.limits.shown)
    ours, theirs = (f"{count} x {text}" for count in times)
    _found(spot, Difference(spot.path, Kind.REPETITION_CHANGE, ours, theirs, spot.general), findings)


def _moved(spot: Spot, value: Tree, indices: tuple[int, int], findings: Findings) -> None:
    ours, theirs = f"at {indices[0]}: {shown(value, findings.limits.shown)}", f"at {indices[1]}"
    _found(spot, Difference(spot.path, Kind.ITERABLE_ITEM_MOVED, ours, theirs, spot.general), findings)


def _found(spot: Spot, difference: Difference, findings: Findings) -> None:
    findings.found(difference, spot.hides(difference.kind))


def _members(spot: Spot, left: Object, right: Object, findings: Findings) -> Iterator[Pair]:
    """The members that both objects have and that are not equal for certain; the others are findings."""
    findings.spend(len(left) + len(right))
    in_map = max(len(left), len(right)) > MAP
    for name, value in left.items():
        if name not in right:
            _removed(spot.member(name, in_map=in_map), Kind.DICTIONARY_ITEM_REMOVED, value, findings)
        elif not same(value, right[name]):
            yield spot.member(name, in_map=in_map), value, right[name]
        if findings.limit:
            return
    for name, value in right.items():
        if name not in left:
            _added(spot.member(name, in_map=in_map), Kind.DICTIONARY_ITEM_ADDED, value, findings)
        if findings.limit:
            return


def _repeated_members(
    spot: Spot, left: Object | Repeated, right: Object | Repeated, findings: Findings
) -> Iterator[Pair]:
    """Objects in which a name occurs twice. Readers disagree about which one counts, so every occurrence does."""
    findings.spend(len(left) + len(right))
    ours, theirs = _by_name(left), _by_name(right)
    for name in {**ours, **theirs}:
        values, others = ours.get(name, []), theirs.get(name, [])
        if len(values) == len(others):
            for value, other in zip(values, others, strict=True):
                if not same(value, other):
                    yield spot.member(name), value, other
        elif not others:
            _removed(spot.member(name), Kind.DICTIONARY_ITEM_REMOVED, values[-1], findings)
        elif not values:
            _added(spot.member(name), Kind.DICTIONARY_ITEM_ADDED, others[-1], findings)
        else:
            _repeated(spot.member(name), values[-1], (len(values), len(others)), findings)
        if findings.limit:
            return


def _by_name(tree: Object | Repeated) -> dict[str, list[Tree]]:
    groups: dict[str, list[Tree]] = defaultdict(list)
    for name, value in members(tree):
        groups[name].append(value)
    return groups


def _items(spot: Spot, left: Array, right: Array, findings: Findings) -> Iterator[Pair]:
    """The items of both arrays that belong together and are not equal for certain; the others are findings."""
    findings.spend(len(left) + len(right))
    hidden = spot.waiver is not None  # whatever it is: not worth more work
    pairing = by_position(left, right) if hidden else pair_items(left, right, spot.place, findings)
    unordered = spot.place.unordered
    if unordered is not None and not pairing.is_in_order():
        findings.hides(unordered.label, Kind.ITERABLE_ITEM_MOVED)
    for i, j in pairing.pairs:
        if not same(left[i], right[j]):
            yield spot.item(i), left[i], right[j]
    for i, j in pairing.moved:
        _moved(spot.item(i), left[i], (i, j), findings)
    for i, times in pairing.repeated:
        _repeated(spot.item(i), left[i], times, findings)
    for i in pairing.removed:
        if findings.limit:
            return
        _removed(spot.item(i), Kind.ITERABLE_ITEM_REMOVED, left[i], findings)
    for j in pairing.added:
        if findings.limit:
            return
        _added(spot.item(j), Kind.ITERABLE_ITEM_ADDED, right[j], findings)
