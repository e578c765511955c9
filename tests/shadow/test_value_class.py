from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.compare.tree import shown
from shadow.value_class import distance, joined, value_class


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


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    assert value_class(text) or text == ""
    assert distance(text, "1") == (math.inf, math.inf) or distance(text, "1")[0] >= 0


def test_classes_join() -> None:
    assert joined("", "uuid") == "uuid" == joined("uuid", "uuid")
    assert joined("integer", "float") == "float"
    assert joined("uuid", "text") == "mixed"


def test_the_distance_of_numbers() -> None:
    assert distance("10", "10.5") == (0.5, 0.5 / 10.5)
    assert distance("0", "0") == (0.0, 0.0)
    assert distance('"a"', "1") == (math.inf, math.inf) == distance(None, "1")
