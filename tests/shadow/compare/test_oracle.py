"""Our verdict, our places and our kinds agree with DeepDiff's, set to exact types and positions, on thousands of documents.

Where items belong together other than by position, and where rules make different things equal, DeepDiff is given documents
that are aligned before. That what is aligned is right is shown in test_order.py and test_rules.py.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.model.normalise import Normalise
from proxy.model.path import member_path
from proxy.model.table import CompareRules, Waiver
from shadow.compare.rules import compiled
from shadow.compare.tree import read_tree
from shadow.rendering.render import by_deepdiff
from tests.shadow.answers import NO_RULES, json_found, rules

NAMES = st.sampled_from(["a", "b", "__typename", "x y", "c.d", "it's", 'say "x"', "0", ""])
SCALARS = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.0, 0.0, 1.5, 2**70, 2**70 + 1, 1e300, "", "1", "a", "True", "null", "é"]
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
Places = list[tuple[str, str]]


def oracle(control: Any, candidate: Any) -> Places:
    """DeepDiff alone: knows nothing of what was moved."""
    tree = DeepDiff(
        control,
        candidate,
        view="tree",
        ignore_order=False,
        zip_ordered_iterables=True,
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
    )
    found = []
    for kind, levels in tree.items():
        for level in levels:
            path = "$"
            for step in level.path(output_format="list"):
                path = member_path(path, step) if isinstance(step, str) else f"{path}[{step}]"
            found.append((path, kind))
    return sorted(found)


def aligned_oracle(control: Any, candidate: Any, by: CompareRules) -> Places:
    left, right = (read_tree(json.dumps(side)) for side in (control, candidate))
    told = by_deepdiff(left, right, compiled(by, None).body)
    return sorted((entry["path"], kind) for kind, entries in told.items() for entry in entries)


def agree(control: Any, candidate: Any, by: CompareRules = NO_RULES) -> None:
    assert json_found(control, candidate, by) == aligned_oracle(control, candidate, by)


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_unrelated_documents(control: Any, candidate: Any) -> None:
    agree(control, candidate)


VALUES = [None, True, False, 0, 1, 1.0, -3, 2.5, "", "1", "a", [], {}, [1], {"a": 1}]


def documents(dice: random.Random, depth: int) -> Any:
    if depth == 0 or dice.random() < 0.2:
        return copy.deepcopy(dice.choice(VALUES))
    if dice.random() < 0.5:
        return [documents(dice, depth - 1) for _ in range(dice.randrange(5))]
    return {name: documents(dice, depth - 1) for name in dice.sample(["id", "a", "b", "__c", "d e"], dice.randrange(5))}


def changed(dice: random.Random, document: Any) -> Any:
    """One small change somewhere."""
    if isinstance(document, dict) and document and dice.random() < 0.8:
        name = dice.choice(list(document))
        match dice.randrange(4):
            case 0:
                del document[name]
            case 1:
                document["new"] = dice.choice(VALUES)
            case _:
                document[name] = changed(dice, document[name])
        return document
    if isinstance(document, list) and document and dice.random() < 0.8:
        dice.choice([_dropped, _inserted, _doubled, _moved, _shuffled, _item_changed])(dice, document)
        return document
    return copy.deepcopy(dice.choice(VALUES))


def _dropped(dice: random.Random, items: list[Any]) -> None:
    del items[dice.randrange(len(items))]


def _inserted(dice: random.Random, items: list[Any]) -> None:
    items.insert(dice.randrange(len(items) + 1), dice.choice([*VALUES, {"id": dice.randrange(9), "a": 7}]))


def _doubled(dice: random.Random, items: list[Any]) -> None:
    items.insert(dice.randrange(len(items) + 1), copy.deepcopy(dice.choice(items)))


def _moved(dice: random.Random, items: list[Any]) -> None:
    items.insert(dice.randrange(len(items)), items.pop(dice.randrange(len(items))))


def _shuffled(dice: random.Random, items: list[Any]) -> None:
    dice.shuffle(items)


def _item_changed(dice: random.Random, items: list[Any]) -> None:
    index = dice.randrange(len(items))
    items[index] = changed(dice, items[index])


def pairs(seed: int, count: int, made: Callable[[random.Random], Any]) -> list[tuple[Any, Any]]:
    dice = random.Random(seed)
    found = []
    for _ in range(count):
        control = made(dice)
        candidate = copy.deepcopy(control)
        for _ in range(dice.randrange(4)):
            candidate = changed(dice, candidate)
        found.append((control, candidate))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_documents_with_a_few_changes(seed: int) -> None:
    for control, candidate in pairs(seed, 500, lambda dice: documents(dice, 4)):
        agree(control, candidate)
        equal = json.dumps(control, sort_keys=True) == json.dumps(candidate, sort_keys=True)
        assert (json_found(control, candidate) == []) == equal
        if "[" not in json.dumps([control, candidate])[1:-1]:
            assert json_found(control, candidate) == oracle(control, candidate)


def unlike(document: Any, dice: random.Random) -> Any:
    """The same, with a number in each item that no other item has."""
    if isinstance(document, dict):
        return {name: unlike(value, dice) for name, value in document.items()}
    if isinstance(document, list):
        return [{"n": dice.random(), "v": unlike(value, dice)} for value in document]
    return document


@pytest.mark.parametrize("seed", range(2))
def test_lists_without_equal_items_are_compared_by_position(seed: int) -> None:
    dice = random.Random(seed)
    for control, other in pairs(seed, 500, lambda dice: documents(dice, 3)):
        left, right = (unlike(side, dice) for side in (control, other))
        assert json_found(left, right) == oracle(left, right)


def orders(dice: random.Random) -> Any:
    """Lists of objects, lists of scalars, as APIs have them."""
    lines = [
        {"id": number, "a": dice.choice([1, 1.25, 2, "x", None]), "b": [dice.randrange(3) for _ in range(3)]}
        for number in dice.sample(range(12), dice.randrange(7))
    ]
    return {"id": dice.randrange(3), "items": lines, "tags": [dice.choice("abcd") for _ in range(dice.randrange(6))]}


def nudged(dice: random.Random, document: Any) -> Any:
    """The same with other floats, somewhat."""
    text = json.dumps(document)
    return json.loads(text.replace("1.25", dice.choice(["1.25", "1.26", "1.5"])))


RULES = [
    NO_RULES,
    rules("$..a"),
    rules("$.items[].b", "$.tags[1]"),
    rules(unordered={"$.items": "id", "$.tags": None}),
    rules(unordered={"$.items": None, "$.items[].b": None}, tolerance={"$.items[].a": 0.01}),
    rules("$.items[*].a", unordered={"$.items": "id"}),
    rules(tolerance={"$..a": 0.01}),
    rules(
        Waiver("$..a", kinds=("values_changed",)), Waiver("$.tags", kinds=("iterable_item_moved", "repetition_change"))
    ),
    rules(normalise=(Normalise("$..a", "number", digits=0), Normalise("$.items[]", "sorted"))),
    rules(normalise=(Normalise("$..a", "empty"), Normalise("$.tags[]", "empty")), unordered={"$.items": "id"}),
]


@pytest.mark.parametrize("by", RULES)
def test_lists_with_rules(by: CompareRules) -> None:
    dice = random.Random(1)
    for control, candidate in pairs(7, 400, orders):
        agree(control, nudged(dice, candidate), by)
