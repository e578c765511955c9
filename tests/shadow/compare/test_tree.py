"""JSON text as a tree in which equal means equal."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.compare.coding import Unreadable, Unsupported
from shadow.compare.tree import number_key, read_tree, same, shown, within

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


def strict(value: Any) -> Any:
    """A document in which Python's ``==`` tells types apart."""
    if isinstance(value, dict):
        return {"object": {name: strict(member) for name, member in value.items()}}
    if isinstance(value, list):
        return [strict(item) for item in value]
    return (type(value).__name__, value)


@given(DOCUMENTS, DOCUMENTS)
def test_equal_trees_are_equal_documents_with_equal_types(left: Any, right: Any) -> None:
    assert same(read_tree(json.dumps(left)), read_tree(json.dumps(right))) <= (strict(left) == strict(right))


@given(DOCUMENTS, st.sampled_from([None, 1, "\t"]), st.sampled_from([(",", ":"), (" , ", " : "), (",\n", "\t:")]))
def test_layout_does_not_change_the_tree(document: Any, indent: Any, separators: tuple[str, str]) -> None:
    plain = read_tree(json.dumps(document))
    assert read_tree(json.dumps(document, indent=indent, separators=separators)) == plain
    assert json.loads(shown(plain, 1_000_000)) == document


@given(st.lists(st.tuples(st.sampled_from(['a', 'b', 'a":', ':']), st.sampled_from(["1", '"\\":"', '" :"', '"12:30"'])), max_size=5),
       st.sampled_from([":", " :", "\t:", "\n\r :"]))  # fmt: skip
def test_a_repeated_name_is_always_noticed(members: list[tuple[str, str]], colon: str) -> None:
    text = "{" + ",".join(f"{json.dumps(name)}{colon}{value}" for name, value in members) + "}"
    tree = read_tree(f"[{text}]")
    assert isinstance(tree, list)
    names = [name for name, _ in members]
    assert isinstance(tree[0], tuple) == (len(set(names)) < len(names))


@pytest.mark.parametrize("text", ["", "  ", "{", "[1,]", "{'a':1}", "01", "1 2", '"\n"', "nul", "\ufeff1"])
def test_what_is_no_json_says_so(text: str) -> None:
    with pytest.raises(Unreadable):
        read_tree(text)


def test_a_failed_parse_leaves_nothing_behind() -> None:
    for _ in range(3):
        with pytest.raises(Unreadable):
            read_tree('{"a":{"b":1},')
    assert read_tree('{"a":{"b":1}}') == {"a": {"b": b"1"}}


def test_what_is_nested_too_deep_for_the_parser_says_so() -> None:
    with pytest.raises(Unsupported, match="deep"):
        read_tree("[" * 100_000)


def test_threads_may_parse_at_the_same_time() -> None:
    texts = [json.dumps([{"a": index, "t": "12:30"}] * 200) for index in range(40)]
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(read_tree, texts))
    assert trees == [read_tree(text) for text in texts]


@pytest.mark.promise("B123")
@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [(b"1", b"1.0", False), (b"1.0", b"1.00", True), (b"-0", b"0", True), (b"-0.0", b"0.0", True), (b"1e1", b"10.0", True),
     (b"NaN", b"NaN", True), (b"1" + b"0" * 100, b"1" + b"0" * 99 + b"1", False), (b"1e-400", b"0.0", False)],
)  # fmt: skip
def test_numbers_are_equal_by_kind_and_value(left: bytes, right: bytes, equal: bool) -> None:
    assert (number_key(left) == number_key(right)) is equal


@pytest.mark.parametrize(
    ("left", "right", "tolerance", "near"),
    [(b"1.000", b"1.005", "0.005", True), (b"1.000", b"1.0050001", "0.005", False), (b"1", b"1.0", "0", True), (b"1", b"2", "1", True),
     (b"NaN", b"1", "9", False), (b"NaN", b"NaN", "0", True), (b"1e400", b"1e399", "9", False), (b"9" * 5000, b"9" * 5000, "0", True)],
)  # fmt: skip
def test_a_tolerance_is_a_distance_in_decimal_digits(left: bytes, right: bytes, tolerance: str, near: bool) -> None:
    assert within(left, right, Decimal(tolerance)) is near


@given(DOCUMENTS, st.integers(1, 60))
def test_what_is_shown_is_never_longer_than_asked_for(document: Any, cap: int) -> None:
    text = shown(read_tree(json.dumps(document)), cap)
    assert len(text.removesuffix("… (cut)")) <= cap
