"""Which items of two arrays belong together: in their order, by the member that names them, or as a multiset. Linear but for
sorting, always: aligning arrays by likeness is what makes general diff tools take minutes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter

from shadow.compare.content import TooDeep, content_of, plain_content
from shadow.compare.findings import Findings
from shadow.compare.order import in_order
from shadow.compare.pairs import Entries, Groups, Pairing, by_position, grouped
from shadow.compare.rules import Place
from shadow.compare.tree import Array, Tree, number_key


def pair_items(left: Array, right: Array, place: Place, findings: Findings) -> Pairing:
    """Pair the items as the rules at ``place`` say. What exceeds a limit is told to ``findings``."""
    if place.unordered is None:
        return in_order(left, right, place, findings)
    matching = _Matching(left, right, place, findings)
    key = place.unordered.key
    if key is None:
        matching.by_content(range(len(left)), range(len(right)))
        return matching.pairing()
    ours, theirs = [_name(item, key) for item in left], [_name(item, key) for item in right]
    if ours == theirs and None not in ours:
        return by_position(left, right)
    matching.by_name(ours, theirs)
    return matching.pairing()


def _name(item: Tree, key: str) -> str | None:
    """What names this item, as text: 1 and "1" are one name, so that a wrong type is found where it is. None if nothing does."""
    if not isinstance(item, (dict, tuple)):
        return None
    value = dict(item).get(key)
    if isinstance(value, dict):  # an element: its text names the item
        value = value.get("#text")
    if isinstance(value, bytes):
        number = number_key(value)
        return number.decode() if isinstance(number, bytes) else number
    return value if isinstance(value, str) else None


@dataclass(slots=True)
class _Matching:
    """What was found so far for the items of two arrays."""

    left: Array
    right: Array
    place: Place
    findings: Findings
    pairs: list[tuple[int, int]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    repeated: dict[int, tuple[int, int]] = field(default_factory=dict)

    def pairing(self) -> Pairing:
        if self.findings.limit is not None:
            return Pairing()
        return Pairing(sorted(self.pairs), sorted(self.removed), sorted(self.added), sorted(self.repeated.items()))

    def by_name(self, ours: list[str | None], theirs: list[str | None]) -> None:
        """Items without a name are paired by their content."""
        groups = grouped(((name, i) for i, name in enumerate(ours)), ((name, j) for j, name in enumerate(theirs)))
        nameless = groups.pop(None, ([], []))
        mine, others = self._paired(groups)
        mine = self._not_repeated(mine, (groups[ours[i]] for i in mine))
        others = self._not_repeated(others, (groups[theirs[j]] for j in others))
        self.removed += mine
        self.added += others
        self.by_content(*nameless)

    def by_content(self, ours: Sequence[int], theirs: Sequence[int]) -> None:
        """Identical items first, then those that differ only where the rules allow it. If then one item is left on either
        side, those two belong together."""
        exact = [plain_content(self.left[i], self.findings) for i in ours]
        there = [plain_content(self.right[j], self.findings) for j in theirs]
        groups = grouped(zip(exact, ours, strict=True), zip(there, theirs, strict=True))
        mine, others = self._paired(groups)
        if not mine and not others:
            return
        if not all(self.place.child(index).silent for index in (*mine, *others)):
            mine, others = self._paired(grouped(self._contents(self.left, mine), self._contents(self.right, others)))
        known, seen = dict(zip(ours, exact, strict=True)), dict(zip(theirs, there, strict=True))
        mine = self._not_repeated(mine, (groups[known[i]] for i in mine))
        others = self._not_repeated(others, (groups[seen[j]] for j in others))
        if len(mine) == len(others) == 1:
            self.pairs.append((mine[0], others[0]))
        else:
            self.removed += mine
            self.added += others

    def _paired(self, groups: Groups) -> tuple[list[int], list[int]]:
        """Pair what is of one group; returns the indices that are left over."""
        mine: list[int] = []
        others: list[int] = []
        for left, right in groups.values():
            self.pairs += zip(left, right, strict=False)
            mine += left[len(right) :]
            others += right[len(left) :]
        return mine, others

    def _not_repeated(self, indices: list[int], groups: Iterable[tuple[list[int], list[int]]]) -> list[int]:
        """Those of ``indices`` whose item is not on the other side at all; the others are there, but not as often."""
        kept = []
        for index, (left, right) in zip(indices, groups, strict=True):
            if left and right:
                self.repeated[left[0]] = (len(left), len(right))
            else:
                kept.append(index)
        return kept

    def _contents(self, items: Array, indices: list[int]) -> Entries:
        """Items by their content, those first whose numbers with a tolerance are smallest: so the closest ones meet."""
        contents: list[tuple[tuple[Decimal, ...], Hashable, int]] = []
        for index in indices:
            if self.findings.limit is not None:
                break
            try:
                content, near = content_of(items[index], self.place.child(index), self.findings)
            except TooDeep:
                self.findings.stop(f"an unordered list holds more than {self.findings.limits.depth} levels")
                break
            contents.append((near, content, index))
        contents.sort(key=itemgetter(0))
        return ((content, index) for _, content, index in contents)
