"""Lists in which something was inserted, dropped, moved or repeated are told so."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.compare.findings import Findings, Limits
from shadow.compare.order import in_order
from shadow.compare.pairs import Pairing
from shadow.compare.rules import NOWHERE
from shadow.compare.tree import Tree
from tests.shadow.answers import compared, json_answer, json_found, rules


def order(left: list[Any], right: list[Any]) -> Pairing:
    """With the pairs that are left out because they are equal for certain."""
    pairing = in_order([*map(str, left)], [*map(str, right)], NOWHERE, Findings(Limits()))
    pairs = [*pairing.pairs]
    mine, others = {*pairing.removed, *(i for i, _ in pairs)}, {*pairing.added, *(j for _, j in pairs)}
    both = min(len(left), len(right))
    head = next((i for i in range(both) if left[i] != right[i]), both)
    tail = next((count for count in range(both - head) if left[-1 - count] != right[-1 - count]), both - head)
    equal = [(i, i) for i in range(head)] + [(len(left) - n, len(right) - n) for n in range(tail, 0, -1)]
    pairs += [(i, j) for i, j in equal if i not in mine and j not in others]
    return Pairing(sorted(pairs), [*pairing.removed], [*pairing.added], pairing.repeated, pairing.moved)


@pytest.mark.parametrize(
    ("control", "candidate", "differences"),
    [
        ("abcd", "xabcd", [(0, "added")]),
        ("abcd", "abxcd", [(2, "added")]),
        ("abcd", "bcd", [(0, "removed")]),
        ("abcde", "ace", [(1, "removed"), (3, "removed")]),
        ("abcdE", "xabcdF", [(0, "added"), (4, "changed")]),
        ("abcd", "bcde", [(0, "removed"), (3, "added")]),
        ("abcd", "abdc", [(2, "moved")]),
        ("abcd", "dabc", [(3, "moved")]),
        ("abc", "cba", [(0, "moved"), (2, "moved")]),
        ("abcdef", "fbcdea", [(0, "moved"), (5, "moved")]),
        ("abcXde", "eabYcd", [(3, "changed"), (5, "moved")]),
        ("abc", "aabbcc", [(0, "repeated"), (1, "repeated"), (2, "repeated")]),
        ("abcb", "acb", [(1, "repeated")]),
        ("aab", "ab", [(0, "repeated")]),
        ("ab", "cd", [(0, "changed"), (1, "changed")]),
        ("abc", "bxy", [(0, "changed"), (1, "changed"), (2, "changed")]),
        ("", "ab", [(0, "added"), (1, "added")]),
        ("ab", "", [(0, "removed"), (1, "removed")]),
    ],
)
def test_what_happened_to_the_items(control: str, candidate: str, differences: list[tuple[int, str]]) -> None:
    words = {
        "iterable_item_added": "added",
        "iterable_item_removed": "removed",
        "iterable_item_moved": "moved",
        "repetition_change": "repeated",
        "values_changed": "changed",
    }
    found = json_found([*control], [*candidate])
    assert [(int(path[2:-1]), words[kind]) for path, kind in found] == differences


def test_a_moved_item_tells_from_where_to_where() -> None:
    comparison = compared(json_answer({"x": [{"id": 1}, 2, 3]}), json_answer({"x": [2, 3, {"id": 1}]}))
    (moved,) = comparison.differences
    assert (moved.path, moved.kind) == ("$.x[0]", "iterable_item_moved")
    assert (moved.control, moved.candidate) == ('at 0: {"id": 1}', "at 2")
    assert moved.place == "$.x[]"


def test_an_item_that_was_changed_and_moved_is_compared_with_itself() -> None:
    control = [{"id": number, "price": 5} for number in range(6)]
    candidate = [dict(item) for item in reversed(control)]
    candidate[1]["price"] = 6
    found = json_found(control, candidate)
    assert ("$[4].price", "values_changed") in found
    assert {kind for path, kind in found if path != "$[4].price"} == {"iterable_item_moved"}


def test_spelling_and_order_of_members_do_not_make_another_item() -> None:
    assert json_found(b'[{"a":1.0,"b":2},0,1]', b'[0,1,{"b":2,"a":1.00}]') == [("$[0]", "iterable_item_moved")]


def test_what_rules_call_equal_has_only_moved() -> None:
    by = rules("$[*].at", tolerance={"$[*].n": 0.1})
    control = [{"at": number, "id": number, "n": 1.0} for number in range(4)]
    candidate = [{"at": 7, "id": number, "n": 1.05} for number in (3, 0, 1, 2)]
    comparison = compared(json_answer(control), json_answer(candidate), by)
    assert [(one.path, one.kind) for one in comparison.differences] == [("$[3]", "iterable_item_moved")]
    assert {one.path for one, _ in comparison.waived} == {f"$[{index}].at" for index in range(4)}


def test_below_a_waiver_nothing_is_sorted_out() -> None:
    comparison = compared(json_answer([1, 2, 3]), json_answer([3, 1, 2]), rules("$"))
    assert [one.kind for one, _ in comparison.waived] == ["values_changed"] * 3


LISTS = st.lists(st.sampled_from("abcdef"), max_size=9)


@given(LISTS, LISTS)
def test_every_item_of_both_sides_is_accounted_for(left: list[str], right: list[str]) -> None:
    pairing = order(left, right)
    mine, others = [i for i, _ in pairing.pairs], [j for _, j in pairing.pairs]
    assert len(set(mine)) == len(mine)
    assert len(set(others)) == len(others)
    gone, come = {*range(len(left))} - {*mine}, {*range(len(right))} - {*others}
    repeated = {left[i] for i, _ in pairing.repeated}
    assert gone == {*pairing.removed} | {i for i in gone if left[i] in repeated}
    assert come == {*pairing.added} | {j for j in come if right[j] in repeated}
    assert all(times == (left.count(left[i]), right.count(left[i])) for i, times in pairing.repeated)
    assert all(left[i] == right[j] for i, j in pairing.moved)
    stay = [pair for pair in pairing.pairs if pair not in pairing.moved and left[pair[0]] == right[pair[1]]]
    assert [j for _, j in stay] == sorted(j for _, j in stay)


@given(LISTS, LISTS)
def test_it_never_tells_more_than_comparing_by_position(left: list[str], right: list[str]) -> None:
    pairing = order(left, right)
    changed = sum(left[i] != right[j] for i, j in pairing.pairs)
    other = len(pairing.moved) + len(pairing.repeated)
    count = changed + other + len(pairing.removed) + len(pairing.added)
    by_position = sum(a != b for a, b in zip(left, right, strict=False)) + abs(len(left) - len(right))
    assert count <= by_position or count == other
    assert (count == 0) == (left == right)


@given(st.permutations(range(8)))
def test_the_same_items_in_another_order_are_only_moves(shuffled: list[int]) -> None:
    pairing = order([*range(8)], shuffled)
    assert not pairing.removed
    assert not pairing.added
    assert all(i == shuffled[j] for i, j in pairing.pairs)
    assert bool(pairing.moved) == (shuffled != sorted(shuffled))


def test_inserted_and_dropped_items_among_many_are_found_exactly() -> None:
    dice = random.Random(3)
    for _ in range(50):
        left: list[Tree] = [str(number) for number in range(200)]
        dropped = sorted(dice.sample(range(200), 5))
        right = [item for index, item in enumerate(left) if index not in dropped]
        come = sorted(dice.sample(range(195), 4))
        for index in come:
            right.insert(index, f"new {index}")
        pairing = order(left, right)
        changed = [(i, j) for i, j in pairing.pairs if left[i] != right[j]]
        assert not pairing.moved
        assert sorted([*pairing.removed, *(i for i, _ in changed)]) == dropped
        assert sorted([*pairing.added, *(j for _, j in changed)]) == come
