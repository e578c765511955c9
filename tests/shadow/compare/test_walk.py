"""JSON documents: exact types, exact places."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shadow.answers import compared, json_answer, json_found, json_text


def test_order_of_members_and_spacing_do_not_count() -> None:
    assert json_found(b'{"a": 1, "b": {"c": [1, 2], "d": null}}', b'{"b":{"d":null,"c":[1,2]},\n"a":1}') == []


@pytest.mark.parametrize(
    ("control", "candidate"),
    [(b"1", b"1.0"), (b"1", b'"1"'), (b"1", b"true"), (b"0", b"false"), (b"null", b"0"), (b'""', b"null"), (b"[]", b"{}"),
     (b"{}", b"null"), (b"1", b"1e0"), (b"NaN", b'"NaN"'), (b"1", b"NaN")],
)  # fmt: skip
def test_types_are_exact(control: bytes, candidate: bytes) -> None:
    assert json_found(control, candidate) == [("$", "type_changes")]
    assert json_found(b'{"x":[' + control + b"]}", b'{"x":[' + candidate + b"]}") == [("$.x[0]", "type_changes")]


@pytest.mark.parametrize(
    ("control", "candidate"),
    [(b"1.0", b"1.00"), (b"1e2", b"100.0"), (b"0", b"-0"), (b"0.0", b"-0.0"), (b"1E400", b"10e399"), (b"NaN", b"NaN"),
     (b'"\\u00e9"', '"é"'.encode()), (b'"\\/"', b'"/"')],
)  # fmt: skip
def test_the_same_value_may_be_spelt_differently(control: bytes, candidate: bytes) -> None:
    assert json_found(b"[" + control + b"]", b"[" + candidate + b" ]") == []


@pytest.mark.promise("B123", "B125")
@pytest.mark.parametrize(
    ("control", "candidate"),
    [
        (b"12345678901234567890123", b"12345678901234567890124"),
        (b"0.1", b"0.10000000000000000001"),
        (b"1e400", b"1e401"),
        (b"NaN", b"Infinity"),
        (b"1e999999999999999999999", b"1e999999999999999999998"),
        (b"9" * 5000, b"9" * 4999 + b"8"),
        (b"0." + b"9" * 5000, b"0." + b"9" * 4999 + b"8"),
        (b'"\\ud800"', b'"\\ud801"'),
        (b'"a"', b'"a "'),
    ],
)
def test_no_digit_and_no_character_is_lost(control: bytes, candidate: bytes) -> None:
    assert json_found(control, candidate) == [("$", "values_changed")]


def test_missing_null_and_empty_are_three_things() -> None:
    documents: list[dict[str, Any]] = [{}, {"a": None}, {"a": ""}, {"a": []}, {"a": {}}]
    for left in documents:
        for right in documents:
            assert (json_found(left, right) == []) == (left == right)
    assert json_found({}, {"a": None}) == [("$.a", "dictionary_item_added")]
    assert json_found({"a": None}, {}) == [("$.a", "dictionary_item_removed")]


def test_lists_whose_items_differ_are_compared_by_position() -> None:
    assert json_found([1, 2, 3], [1, 4, 3]) == [("$[1]", "values_changed")]
    assert json_found([1, 2], [3, 4, 5]) == [
        ("$[0]", "values_changed"),
        ("$[1]", "values_changed"),
        ("$[2]", "iterable_item_added"),
    ]
    assert json_found({"x": [[]]}, {"x": [[], 1]}) == [("$.x[1]", "iterable_item_added")]


def test_the_members_of_a_large_object_are_one_place() -> None:
    control = {"by_name": {f"name {letter}{number}": {"v": [1]} for letter in "abcde" for number in range(30)}}
    candidate = {"by_name": {name: {"v": [2], "w": 1} for name in control["by_name"]} | {"other": 1}}
    comparison = compared(json_answer(control), json_answer(candidate))
    assert comparison.limit == "more than 100 differences"
    assert {one.place for one in comparison.differences} == {"$.by_name.*.v[]", "$.by_name.*.w"}
    assert comparison.differences[0].path == '$.by_name["name a0"].v[0]'
    added = compared(json_answer(control), json_answer({"by_name": control["by_name"] | {"other": 1}}))
    assert [(one.path, one.place) for one in added.differences] == [("$.by_name.other", "$.by_name.*")]
    few = compared(json_answer({"a": {"b": 1}}), json_answer({"a": {"c": 1}}))
    assert [one.place for one in few.differences] == ["$.a.b", "$.a.c"]


def test_names_that_are_not_simple_are_quoted() -> None:
    assert json_found({"a b": 1, "c.d": {"": 1}}, {"a b": 2, "c.d": {"": 2}}) == [
        ('$["a b"]', "values_changed"),
        ('$["c.d"][""]', "values_changed"),
    ]


@pytest.mark.promise("B124")
@pytest.mark.parametrize(
    ("control", "candidate", "differences"),
    [
        (b'{"a":1,"a":2}', b'{"a":2}', [("$.a", "repetition_change")]),
        (b'{"a":2}', b'{"a":1,"a":2}', [("$.a", "repetition_change")]),
        (b'{"a":1,"a":2}', b'{"a":3,"a":2}', [("$.a", "values_changed")]),
        (b'{"a":1,"a":2}', b'{"a":1, "a":2}', []),
        (b'{"a":1,"a":2}', b'{"a":2,"a":1}', [("$.a", "values_changed"), ("$.a", "values_changed")]),
        (b'{"a":1,"a":2}', b"{}", [("$.a", "dictionary_item_removed")]),
        (b"{}", b'{"a":1,"a":2}', [("$.a", "dictionary_item_added")]),
        (b'{"x":[{"a":1,"a":[{"b":1}]}]}', b'{"x":[{"a":1,"a":[{"b":2}]}]}', [("$.x[0].a[0].b", "values_changed")]),
        (b'{"a" :1,"a":"\\":","b":2}', b'{"a":"\\":","b":2}', [("$.a", "repetition_change")]),
        (b'{"a"\t:1,"a":2,"t":"12:30:00"}', b'{"a":2,"t":"12:30:00"}', [("$.a", "repetition_change")]),
        (b'{"a"\n :1,"a":2,"t":"12:30:00"}', b'{"a":2,"t":"12:30:00"}', [("$.a", "repetition_change")]),
    ],
)
def test_names_that_occur_twice_are_not_lost(
    control: bytes, candidate: bytes, differences: list[tuple[str, str]]
) -> None:
    assert json_found(control, candidate) == differences


def test_a_difference_shows_both_values_as_short_json() -> None:
    comparison = compared(json_text('{"a":{"b":[1.50,"x"]}}'), json_text('{"a":"%s"}' % ("y" * 500)))
    (difference,) = comparison.differences
    assert difference.control == '{"b": [1.50, "x"]}'
    assert difference.candidate == '"' + "y" * 199 + "… (cut)"


def test_long_texts_are_shown_from_shortly_before_they_differ() -> None:
    left, right = (json_answer({"a": "x" * 500 + end}) for end in ("1", "2"))
    (difference,) = compared(left, right).differences
    assert difference.control == f'from character 471: "{"x" * 30}1"'
    assert difference.candidate == f'from character 471: "{"x" * 30}2"'


def test_what_a_terminal_might_obey_is_shown_escaped() -> None:
    comparison = compared(json_answer("a"), json_answer("\x1b[2J\u202e\x9b\ud800é"))
    assert comparison.differences[0].candidate == '"\\u001b[2J\\u202e\\u009b\\ud800é"'


@pytest.mark.promise("B122")
def test_not_a_number_is_labelled() -> None:
    assert compared(json_text("[null]"), json_text("[-Infinity]")).differences[0].candidate == "-Infinity (not JSON)"


def test_values_of_any_size_are_shown_in_bounded_time() -> None:
    huge = json_text("[" + "[1,2]," * 100_000 + "{}]")
    comparison = compared(huge, json_text("1"))
    assert len(comparison.differences[0].control or "") < 220
