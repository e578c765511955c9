from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.compare.tree import shown
from shadow.noise.value_class import difference_class, distance, joined, value_class


@pytest.mark.parametrize(
    ("value", "sort"),
    [
        ("2026-03-31T12:00:00Z", "timestamp"),
        (1795000000, "timestamp"),
        (1795000000123, "timestamp"),
        ("9f1c6e1a-3c1b-4d5e-8f70-1a2b3c4d5e6f", "uuid"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.AAAA", "jwt"),
        ("3f9ab2c177e0d4aa", "token"),
        ("hello", "text"),
        ("hello world, how are you", "text"),
        (17, "integer"),
        (1.5, "float"),
        (True, "boolean"),
        (None, "null"),
        ({"a": 1}, "object"),
        ([1], "array"),
        ("é" * 300, "text"),
    ],
)
def test_a_value_is_known_by_its_short_text(value: Any, sort: str) -> None:
    tree = json.loads(json.dumps(value), parse_int=str.encode, parse_float=str.encode)
    assert value_class(shown(tree, 200)) == sort


def test_what_is_not_there_is_missing() -> None:
    assert value_class(None) == "missing"


@given(st.text(), st.text())
def test_no_text_makes_it_fail(one: str, other: str) -> None:
    assert value_class(one) or not one
    assert difference_class(one, other) == difference_class(other, one)
    assert distance(one, other) >= 0


def test_classes_join() -> None:
    assert joined("", "uuid") == "uuid" == joined("uuid", "uuid")
    assert joined("integer", "float") == "float"
    assert joined("uuid", "text") == "mixed"


@pytest.mark.parametrize(
    ("control", "candidate", "sort"),
    [
        ("10.299999999999999", "10.3", "rounded"),
        ("12.345", "12.35", "rounded"),
        ("12.345", "12.34", "rounded"),
        ("12.9", "12", "rounded"),
        ("1.0", "1", "rounded"),
        ("1e300", "1.0000000000001e300", "rounded"),
        ("12.345", "12.45", "float"),
        ("5.99", "5.98", "float"),
        ("9007199254740993", "9007199254740994", "integer"),
        ("1", "2", "integer"),
        ("1.5", None, "mixed"),
        ('"http://a/x"', '"https://b:1/x"', "host"),
        ('"http://a/x"', '"http://a/y"', "text"),
        ("NaN", "1.5", "float"),
    ],
)
def test_a_difference_is_known_by_both_values(control: str, candidate: str | None, sort: str) -> None:
    assert difference_class(control, candidate) == sort


def test_the_distance_of_numbers() -> None:
    assert distance("10", "10.5") == 0.5
    assert distance('"a"', "1") == 0.0 == distance(None, "1") == distance("Infinity", "1")
