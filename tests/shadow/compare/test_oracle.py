"""Our verdict and our places agree with DeepDiff's, set to exact types and positions, on thousands of documents."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.model.path import member_path
from tests.shadow.answers import json_found

NAMES = st.sampled_from(["a", "b", "__typename", "x y", "c.d", "it's", 'say "x"', "0", ""])
SCALARS = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.0, 0.0, 1.5, 2**70, 2**70 + 1, 1e300, "", "1", "a", "True", "null", "é"]
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


def oracle(control: Any, candidate: Any) -> list[tuple[str, str]]:
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


def agree(control: Any, candidate: Any) -> None:
    assert json_found(control, candidate) == oracle(control, candidate)


@settings(max_examples=300, deadline=None)
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
        index = dice.randrange(len(document))
        match dice.randrange(4):
            case 0:
                del document[index]
            case 1:
                document.insert(index, dice.choice(VALUES))
            case _:
                document[index] = changed(dice, document[index])
        return document
    return copy.deepcopy(dice.choice(VALUES))


@pytest.mark.parametrize("seed", range(4))
def test_documents_with_a_few_changes(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(500):
        control = documents(dice, 4)
        candidate = copy.deepcopy(control)
        for _ in range(dice.randrange(4)):
            candidate = changed(dice, candidate)
        agree(control, candidate)
        assert (json_found(control, candidate) == []) == (
            json.dumps(control, sort_keys=True) == json.dumps(candidate, sort_keys=True)
        )
