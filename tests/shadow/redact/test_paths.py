from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.path import member_path, parse_path
from proxy.model.redact import RedactRules
from shadow.redact.hide import Hide
from shadow.redact.paths import redact_paths
from tests.machine import patience

NAMES = st.sampled_from(["a", "b", "c d", "é", ""])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
PATHS = st.sampled_from(["$.a", "$.a.b", "$..b", "$[*].a", "$[1]", "$.*", '$["c d"]', "$.a[]", "$"])


def hidden(text: str, *paths: str, below: str = "$") -> str:
    return redact_paths(text, Hide(lambda _: "H", RedactRules(paths=paths)), parse_path(below))


@pytest.mark.parametrize(
    ("text", "paths", "expected"),
    [
        ('{"card": {"number": 42}, "n": 1.10}', ["$.card.number"], '{"card": {"number": "H"}, "n": 1.10}'),
        ('{"card": {"number": 42}, "n": 1}', ["$.card"], '{"card": "H", "n": 1}'),
        ('[{"a": 1}, {"a": [1, 2]}]', ["$[*].a"], '[{"a": "H"}, {"a": "H"}]'),
        ('{"a": ["x", "y", "z"]}', ["$.a[1]"], '{"a": ["x", "H", "z"]}'),
        ('{"a\\u0062": 1, "a": 1, "a": 2}', ["$.ab", "$.a"], '{"a\\u0062": "H", "a": "H", "a": "H"}'),
        (' "text" ', ["$"], ' "H" '),
        ('{"a": {"b": "cut in the mid', ["$.a.b"], '{"a": {"b": "H"'),
        ('{"a": 1}', ["$.b"], '{"a": 1}'),
        ("no json", ["$.a"], "no json"),
        ("}]}],,::", ["$.a"], "}]}],,::"),
    ],
)
def test_what_stands_at_a_path_is_hidden_and_nothing_else_is_changed(
    text: str, paths: list[str], expected: str
) -> None:
    assert hidden(text, *paths) == expected


def test_a_value_out_of_a_document_has_its_place_there() -> None:
    assert hidden('{"number": 42, "x": 1}', "$.card.number", below="$.card") == '{"number": "H", "x": 1}'


def expected(value: Any, rules: RedactRules, path: str) -> Any:
    if rules.at(parse_path(path)):
        return "H"
    if isinstance(value, dict):
        return {name: expected(one, rules, member_path(path, name)) for name, one in value.items()}
    if isinstance(value, list):
        return [expected(one, rules, f"{path}[{at}]") for at, one in enumerate(value)]
    return value


@given(DOCUMENTS, st.lists(PATHS, min_size=1, max_size=3), st.sampled_from([None, 1]))
def test_it_hides_what_a_walk_over_the_document_would(document: Any, paths: list[str], indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    assert json.loads(hidden(text, *paths)) == expected(document, RedactRules(paths=tuple(paths)), "$")


@given(st.text(alphabet='{}[],:" a1\\', max_size=60))
def test_whatever_it_gets_it_ends(text: str) -> None:
    assert isinstance(hidden(text, "$.a", "$..b[0]"), str)


@pytest.mark.parametrize("text", ["[" * 30_000, '{"a":' * 15_000, "[1," * 20_000])
def test_depth_costs_nothing_and_what_is_too_deep_to_look_at_is_hidden(text: str) -> None:
    most = patience(1.0)
    began = time.process_time()
    assert hidden(text, "$..x.y.z").endswith('"H"')
    assert time.process_time() - began < most
