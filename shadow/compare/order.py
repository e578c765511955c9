"""Which items of two arrays belong together where their order counts.

1. Items that are equal at the beginning and at the end belong together.
2. In between, equal items belong together wherever they stand, first with first. The most of them that kept their order stay
   where they are; the others have moved.
3. What is left between two that stay is paired by position. What then is still left was added or removed, or is repeated: the
   other side has it too, but not as often.

Where this finds no fewer differences than comparing by position does, that is done instead, unless all it finds are moves and repetitions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable
from dataclasses import dataclass, field

from shadow.compare.content import HalfSpent, TooDeep, content_of
from shadow.compare.findings import Findings
from shadow.compare.pairs import Pairing, by_position, grouped
from shadow.compare.rules import Place
from shadow.compare.tree import Array, Tree, same

Pairs = list[tuple[int, int]]


def in_order(left: Array, right: Array, place: Place, findings: Findings) -> Pairing:
    """Linear, but for finding the order of what is equal (n log n). When half of the limits are used up: by position."""
    both = min(len(left), len(right))
    head = _equal_at_the_beginning(left, right, both)
    tail = _equal_at_the_end(left, right, both - head)
    if both - head - tail <= 1 and len(left) == len(right):
        return Pairing([(head, head)] if head + tail < both else ())
    order = _Order(left, right, place, findings)
    try:
        order.align(range(head, len(left) - tail), range(head, len(right) - tail))
        return order.pairing(head, tail)
    except HalfSpent:
        return by_position(left, right, head)


def _equal_at_the_beginning(left: Array, right: Array, most: int) -> int:
    return next((index for index in range(most) if not same(left[index], right[index])), most)


def _equal_at_the_end(left: Array, right: Array, most: int) -> int:
    return next((count for count in range(most) if not same(left[-1 - count], right[-1 - count])), most)


@dataclass(slots=True)
class _Order:
    """What was found so far for the items of two arrays."""

    left: Array
    right: Array
    place: Place
    findings: Findings
    contents: dict[int, Hashable] = field(default_factory=dict)
    others: dict[int, Hashable] = field(default_factory=dict)
    pairs: Pairs = field(default_factory=list)
    moved: Pairs = field(default_factory=list)
    changed: int = 0
    removed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)

    def align(self, ours: range, theirs: range) -> None:
        self.contents = {i: self._content(self.left[i], i) for i in ours}
        self.others = {j: self._content(self.right[j], j) for j in theirs}
        groups = grouped(((self.contents[i], i) for i in ours), ((self.others[j], j) for j in theirs))
        equal = sorted(pair for both in groups.values() for pair in zip(*both, strict=False))
        stay = _staying(equal)
        kept = set(stay)
        self.moved = [pair for pair in equal if pair not in kept]
        self.pairs = equal.copy()
        mine, others = {i for i, _ in equal}, {j for _, j in equal}
        i, j = ours.start, theirs.start
        for end, other_end in (*stay, (ours.stop, theirs.stop)):
            self._between(
                [index for index in range(i, end) if index not in mine],
                [index for index in range(j, other_end) if index not in others],
            )
            i, j = end + 1, other_end + 1
        if self.moved and len(self.removed) == len(self.added) == 1:  # an item that was changed and moved
            self._between([self.removed.pop()], [self.added.pop()])

    def _between(self, mine: list[int], others: list[int]) -> None:
        """Pair by position what is left between two items that stay."""
        both = min(len(mine), len(others))
        self.pairs += zip(mine, others, strict=False)
        self.changed += both
        self.removed += mine[both:]
        self.added += others[both:]

    def pairing(self, head: int, tail: int) -> Pairing:
        repeated = self._repeated(head, tail)
        count = self.changed + len(self.moved) + len(self.removed) + len(self.added) + len(repeated)
        if count > len(self.moved) + len(repeated) and count >= self._count_by_position(head):
            return by_position(self.left, self.right, head)
        return Pairing(sorted(self.pairs), self.removed, self.added, sorted(repeated.items()), self.moved)

    def _count_by_position(self, head: int) -> int:
        """How many differing items there are by position."""
        differing = sum(not same(mine, other) for mine, other in zip(self.left[head:], self.right[head:], strict=False))
        return differing + abs(len(self.left) - len(self.right))

    def _repeated(self, head: int, tail: int) -> dict[int, tuple[int, int]]:
        """Take out of the removed and the added what the other side has too, but not as often."""
        if not self.removed and not self.added:
            return {}
        shift = len(self.right) - len(self.left)
        ends = [(index, index) for index in range(head)]
        ends += [(index, index + shift) for index in range(len(self.left) - tail, len(self.left))]
        for i, j in ends:
            self.contents[i] = self.others[j] = self._content(self.left[i], i)
        groups = grouped(
            ((self.contents[i], i) for i in sorted(self.contents)), ((content, j) for j, content in self.others.items())
        )
        found: dict[int, tuple[int, int]] = {}
        self.removed = [i for i in self.removed if not _is_repeated(groups[self.contents[i]], found)]
        self.added = [j for j in self.added if not _is_repeated(groups[self.others[j]], found)]
        return found

    def _content(self, item: Tree, index: int) -> Hashable:
        try:
            return content_of(item, self.place.child(index), self.findings, needed=False)[0]
        except TooDeep:
            return object()  # equal to nothing


def _is_repeated(group: tuple[list[int], list[int]], found: dict[int, tuple[int, int]]) -> bool:
    mine, others = group
    if not mine or not others:
        return False
    found[mine[0]] = (len(mine), len(others))
    return True


def _staying(pairs: Pairs) -> Pairs:
    """The most of ``pairs`` that are in order on both sides; if that is no more, those that stand where they stood."""
    there = [pair for pair in pairs if pair[0] == pair[1]]
    if len(there) == len(pairs):
        return there
    longest = longest_in_order(pairs)
    return there if len(there) == len(longest) else longest


def longest_in_order(pairs: Pairs) -> Pairs:
    """The most of ``pairs``, sorted by their first, whose seconds are in order too: patience sorting."""
    ends: list[int] = []  # the smallest second with which a run of each length can end
    last: list[int] = []  # where that pair is
    before: list[int] = []  # the pair before each
    for at, (_, second) in enumerate(pairs):
        length = bisect_left(ends, second)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(second)
            last.append(at)
        else:
            ends[length] = second
            last[length] = at
    found: Pairs = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
