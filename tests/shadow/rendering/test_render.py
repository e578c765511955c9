"""A known mismatch in deepdiff's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from shadow.rendering.render import MAX_BODY, render
from tests.shadow.answers import NO_RULES, answer, compared, json_answer, json_text, rules
from tests.shadow.compare.test_oracle import DOCUMENTS


def places(rendered: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((entry["path"], kind) for kind, entries in rendered.items() if kind != "note" for entry in entries)


def test_values_are_told_whole_by_kind() -> None:
    rendered = render(
        json_answer({"a": {"b": [1, {"c": "x" * 300}]}, "n": 1}), json_answer({"a": {"b": [1]}, "n": "1"}), NO_RULES
    )
    assert rendered == {
        "type_changes": [{"path": "$.n", "control": 1, "candidate": "1"}],
        "iterable_item_removed": [{"path": "$.a.b[1]", "control": {"c": "x" * 300}}],
    }


def test_null_is_told_from_nothing() -> None:
    rendered = render(json_answer({"a": 1}), json_answer({"a": 1, "b": None}), NO_RULES)
    assert rendered == {"dictionary_item_added": [{"path": "$.b", "candidate": None}]}


def test_status_and_headers_are_told_too() -> None:
    rendered = render(json_answer({"a": 1}, 200, Location="/a"), json_answer({"a": 2}, 201, Location="/b"), NO_RULES)
    assert places(rendered) == [
        ("$.a", "values_changed"),
        ("header:location", "values_changed"),
        ("status", "values_changed"),
    ]


def test_what_the_rules_call_equal_is_not_told() -> None:
    by = rules("$.at", unordered={"$.items": "id", "$.bag": None}, tolerance={"$.total": 0.01})
    left = {"at": 1, "items": [{"id": 1, "v": 1}, {"id": 2}], "bag": [1, 2, 2], "total": 1.0}
    right = {"at": 2, "items": [{"id": 3}, {"id": 1, "v": 2}], "bag": [2, 1], "total": 1.005}
    rendered = render(json_answer(left), json_answer(right), by)
    assert places(rendered) == [
        ("$.bag[1]", "repetition_change"),
        ("$.items[0]", "iterable_item_added"),
        ("$.items[0].v", "values_changed"),
        ("$.items[1]", "iterable_item_removed"),
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [(b'{"a":1,"a":2}', b'{"a":3,"a":2}'), (b"0.1", b"0.10000000000000000001"), (b"NaN", b"1"), (b"1e400", b"1e401"), (b"9" * 5000, b"8" * 5000),
     (b'"\\ud800"', b'"\\ud801"')],
)  # fmt: skip
def test_what_python_cannot_tell_apart_is_told_all_the_same(left: bytes, right: bytes) -> None:
    rendered = render(json_text(left), json_text(right), NO_RULES)
    assert len(places(rendered)) == 1
    json.dumps(rendered, allow_nan=False)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"[" * 150 + b"]" * 150, b" " * MAX_BODY + b"1", b"not JSON", b"", b"\xff"]
)
def test_what_cannot_be_rendered_is_told_in_the_comparisons_words(body: bytes) -> None:
    rendered = render(json_text(body), json_answer([1]), NO_RULES)
    json.dumps(rendered, allow_nan=False)
    assert "note" in rendered or places(rendered)


@pytest.mark.parametrize(
    ("content_type", "left", "right", "expected"),
    [
        ("application/xml", b"<o><i id='1'/><i id='2'/></o>", b"<o><i id='1'/></o>", {"iterable_item_removed": [{"path": "$.o.i[1]", "control": {"@id": "2"}}]}),
        ("text/html", b"<p>a <b>b</b>", b"<p>a <b>c</b>", {"values_changed": [{"path": "$.html.body.p.b.#text", "control": "b", "candidate": "c"}]}),
        ("application/x-ndjson", b'{"a":1}\n', b'{"a":2}\n', {"values_changed": [{"path": "$[0].a", "control": 1, "candidate": 2}]}),
        ("application/x-www-form-urlencoded", b"a=1", b"a=2", {"values_changed": [{"path": "$.a", "control": "1", "candidate": "2"}]}),
    ],
)  # fmt: skip
def test_other_documents_with_places_are_told_as_well(
    content_type: str, left: bytes, right: bytes, expected: dict[str, Any]
) -> None:
    sides = (answer(body, content_type=content_type) for body in (left, right))
    assert render(*sides, NO_RULES) == expected


def test_text_is_told_as_an_excerpt() -> None:
    rendered = render(answer(b"one", content_type="text/plain"), answer(b"two", content_type="text/plain"), NO_RULES)
    assert rendered["values_changed"] == [{"path": "body", "control": 'line 1: "one"', "candidate": 'line 1: "two"'}]


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_it_tells_the_same_places_as_the_verdict(left: Any, right: Any) -> None:
    comparison = compared(json_answer(left), json_answer(right))
    expected = sorted((difference.path, difference.kind.value) for difference in comparison.differences)
    assert places(render(json_answer(left), json_answer(right), NO_RULES)) == expected
