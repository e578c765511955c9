"""What pairing the items of two arrays results in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shadow.compare.tree import Array


@dataclass(frozen=True, slots=True)
class Pairing:
    """Indices: ``pairs`` (control's, candidate's), ``removed`` the control's, ``added`` the candidate's. ``moved`` are pairs too,
    equal ones at another place in the order. ``repeated`` is one of the control's and how often its item occurs on either side.
    What is equal for certain may be left out."""

    pairs: Iterable[tuple[int, int]] = ()
    removed: Sequence[int] = ()
    added: Sequence[int] = ()
    repeated: Sequence[tuple[int, tuple[int, int]]] = ()
    moved: Sequence[tuple[int, int]] = ()

    def is_in_order(self) -> bool:
        """Whether the items that belong together come in the same order on both sides."""
        if not isinstance(self.pairs, list):  # by position, or none
            return True
        return all(this[1] < following[1] for this, following in pairwise(self.pairs))


def by_position(left: Array, right: Array, start: int = 0) -> Pairing:
    """From ``start`` on; before, all items are equal."""
    both = min(len(left), len(right))
    places = range(start, both)
    return Pairing(zip(places, places, strict=True), range(both, len(left)), range(both, len(right)))


Entries = Iterable[tuple[Hashable, int]]
Groups = dict[Hashable, tuple[list[int], list[int]]]


def grouped(ours: Entries, theirs: Entries) -> Groups:
    """Indices of both sides under what they have in common, in the order of first appearance."""
    groups: Groups = defaultdict(lambda: ([], []))
    for side, entries in enumerate((ours, theirs)):
        for name, index in entries:
            groups[name][side].append(index)
    return groups
