"""Waivers, lists in any order, tolerances: what the table says about a place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from proxy.model.path import BadPath
from proxy.model.table import Waiver
from shadow.compare import compare
from shadow.compare.rules import MAX_PLACES, compiled
from tests.shadow.answers import NO_RULES, TODAY, compared, found, json_answer, json_found, json_text, rules


@pytest.mark.parametrize(
    "path",
    ["$.a.b[1].c", "$.a", "$", "$.a.b", "$.a.b[1]", "$.a.b[*].c", "$.a.b[].c", "$.a.*[1].c", "$.*.b[*].*", "$..c", "$..b[1]", "$.a.**",
     "$.**.c", "$..*", '$["a"]["b"][1]["c"]', "body"],
)  # fmt: skip
def test_a_waiver_hides_everything_at_and_below_its_path(path: str) -> None:
    comparison = compared(
        json_answer({"a": {"b": [0, {"c": 1}]}}), json_answer({"a": {"b": [0, {"c": 2}]}}), rules(path)
    )
    assert comparison.differences == ()
    assert [(difference.path, by) for difference, by in comparison.waived] == [("$.a.b[1].c", path)]


@pytest.mark.parametrize(
    "path", ["$.b", "$.a.c", "$.a.b[0]", "$.a.b[].d", "$.a[]", "$.a.b[1].c.d", "$..d", "$.a.b.c", "$.*.c", "status"]
)
def test_a_waiver_hides_nothing_elsewhere(path: str) -> None:
    comparison = compared(
        json_answer({"a": {"b": [0, {"c": 1}]}}), json_answer({"a": {"b": [0, {"c": 2}]}}), rules(path)
    )
    assert found(comparison) == [("$.a.b[1].c", "values_changed")]
    assert comparison.waived == ()


def test_added_and_removed_places_can_be_waived() -> None:
    by = rules("$.new", "$.old", "$.list[2]", "$.short[*]")
    left, right = {"old": 1, "list": [1, 2], "short": [1]}, {"new": 1, "list": [1, 2, 3], "short": []}
    comparison = compared(json_answer(left), json_answer(right), by)
    assert comparison.differences == ()
    assert sorted(by for _, by in comparison.waived) == ["$.list[2]", "$.new", "$.old", "$.short[*]"]


def test_a_waiver_that_hid_nothing_is_not_recorded() -> None:
    comparison = compared(json_text('{"a":1.0,"b":1}'), json_text('{"b":1,"a":1.00}'), rules("$.a"))
    assert (comparison.differences, comparison.waived) == ((), ())


def test_only_the_places_below_a_waiver_that_differ_are_recorded() -> None:
    comparison = compared(json_answer({"a": {"x": 1, "y": 2}}), json_answer({"a": {"x": 1, "y": 3}}), rules("$.a"))
    assert [difference.path for difference, _ in comparison.waived] == ["$.a.y"]


@pytest.mark.parametrize(("days", "hides"), [(-1, False), (0, True), (1, True)])
def test_a_waiver_holds_to_the_end_of_its_last_day(days: int, hides: bool) -> None:
    waiver = Waiver("$.a", "a reason", TODAY + timedelta(days=days))
    comparison = compared(json_answer({"a": 1}), json_answer({"a": 2}), rules(waiver))
    assert (comparison.differences == ()) is hides


def test_without_a_day_every_waiver_hides() -> None:
    waiver = Waiver("$.a", "a reason", date(2000, 1, 1))
    assert compare(json_answer({"a": 1}), json_answer({"a": 2}), rules(waiver), today=None).differences == ()


def test_status_headers_and_body_can_be_waived() -> None:
    left, right = json_answer([1], 200, Location="/a"), json_answer([2], 404, Location="/b")
    assert found(compared(left, right, rules("status", "header:location", "$"))) == []
    assert found(compared(left, right, rules("status", "header:Location", "body"))) == []
    assert found(compared(left, right, rules("status", "body"))) == [("header:location", "values_changed")]


def test_waived_differences_never_stop_the_comparison() -> None:
    left = {"noise": list(range(5000)), "z": 1}
    right = {"noise": list(range(1, 5001)), "z": 2}
    comparison = compared(json_answer(left), json_answer(right), rules("$.noise"))
    assert found(comparison) == [("$.z", "values_changed")]
    assert comparison.limit is None
    assert len(comparison.waived) == 100


@pytest.mark.parametrize(
    ("control", "candidate", "equal"),
    [(b"1.000", b"1.005", True), (b"1.000", b"1.006", False), (b"1", b"1.004", True), (b"1", b"1.0", True), (b"1.0", b'"1.0"', False),
     (b"1.0", b"null", False), (b"NaN", b"1", False)],
)  # fmt: skip
def test_numbers_within_their_tolerance_are_equal(control: bytes, candidate: bytes, equal: bool) -> None:
    by = rules(tolerance={"$.total": 0.005})
    assert (json_found(b'{"total":' + control + b"}", b'{"total":' + candidate + b"}", by) == []) is equal


def test_a_tolerance_holds_only_at_its_place() -> None:
    by = rules(tolerance={"$.items[*].price": 1})
    assert json_found({"items": [{"price": 1, "n": 1}]}, {"items": [{"price": 2, "n": 2}]}, by) == [
        ("$.items[0].n", "values_changed")
    ]


KEYED = rules(unordered={"$.items": "id"})


@pytest.mark.parametrize(
    ("control", "candidate", "differences"),
    [
        ([{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}], []),
        ([{"id": 1, "v": 1}, {"id": 2}], [{"id": 2}, {"id": 1, "v": 2}], [("$.items[0].v", "values_changed")]),
        ([{"id": 1}, {"id": 2}], [{"id": 2}], [("$.items[0]", "iterable_item_removed")]),
        ([{"id": 2}], [{"id": 1}, {"id": 2}], [("$.items[0]", "iterable_item_added")]),
        ([{"id": 1}], [{"id": "1"}], [("$.items[0].id", "type_changes")]),
        ([{"id": 1}, {"id": 1}], [{"id": 1}], [("$.items[0]", "repetition_change")]),
        ([{"id": 1, "v": 1}, {"id": 1, "v": 2}], [{"id": 1, "v": 1}, {"id": 1, "v": 2}], []),
        ([{"id": 1}, {"v": 1}, {"v": 2}], [{"v": 2}, {"v": 1}, {"id": 1}], []),
        ([{"id": {}}, 5, None], [None, {"id": {}}, 5], []),
    ],
)
def test_items_of_a_keyed_list_pair_by_their_key(
    control: list[Any], candidate: list[Any], differences: list[tuple[str, str]]
) -> None:
    assert json_found({"items": control}, {"items": candidate}, KEYED) == differences


BAG = rules(unordered={"$": None})


@pytest.mark.parametrize(
    ("control", "candidate", "differences"),
    [
        ([1, 2, 3], [3, 1, 2], []),
        ([1, 1, 2], [1, 2, 2], [("$[0]", "repetition_change"), ("$[2]", "repetition_change")]),
        ([1, 1, 2], [1, 2], [("$[0]", "repetition_change")]),
        ([1, 2], [2, 4], [("$[0]", "values_changed")]),
        ([1, 2, 3], [3], [("$[0]", "iterable_item_removed"), ("$[1]", "iterable_item_removed")]),
        ([1], ["1"], [("$[0]", "type_changes")]),
        ([True, 1], [1, True], []),
        ([{"a": 1, "b": [1]}, {"a": 2}], [{"a": 2}, {"b": [1], "a": 1}], []),
        ([{"a": 1, "b": 1}, {"a": 2}], [{"a": 2}, {"a": 1, "b": 2}], [("$[0].b", "values_changed")]),
        ([[1, 2], [2, 1]], [[2, 1], [1, 2]], []),
        ([[1, 2]], [[2, 1]], [("$[0][0]", "iterable_item_moved")]),
    ],
)
def test_an_unordered_list_is_a_multiset(
    control: list[Any], candidate: list[Any], differences: list[tuple[str, str]]
) -> None:
    assert json_found(control, candidate, BAG) == differences


def test_waived_places_and_tolerances_do_not_keep_items_of_a_multiset_apart() -> None:
    by = rules("$[*].at", unordered={"$": None, "$[*].tags": None}, tolerance={"$[*].price": 0.5})
    left = [
        {"at": 1, "price": 1.0, "tags": [1, 2]},
        {"at": 2, "price": 5.0, "tags": []},
        {"at": 3, "price": 9.0, "tags": []},
    ]
    right = [
        {"at": 9, "price": 9.1, "tags": []},
        {"at": 8, "price": 5.1, "tags": []},
        {"at": 7, "price": 1.1, "tags": [2, 1]},
    ]
    comparison = compared(json_answer(left), json_answer(right), by)
    assert comparison.differences == ()
    assert sorted(difference.path for difference, _ in comparison.waived) == ["$[0].at", "$[1].at", "$[2].at"]


def test_a_number_beyond_its_tolerance_is_found_in_a_multiset() -> None:
    by = rules(unordered={"$": None}, tolerance={"$[*].p": 0.5})
    assert json_found([{"p": 1.0}, {"p": 5.0}], [{"p": 5.4}, {"p": 1.6}], by) == [("$[0].p", "values_changed")]


def test_the_rule_written_first_has_the_last_word() -> None:
    comparison = compared(json_answer({"a": 1}), json_answer({"a": 2}), rules("$.*", "$.a"))
    assert comparison.waived[0][1] == "$.*"


def test_rules_are_compiled_once() -> None:
    assert compiled(rules("$.a"), TODAY) is compiled(rules("$.a"), TODAY)
    assert compiled(rules("$.a"), TODAY) is not compiled(rules("$.b"), TODAY)


def test_a_place_without_rules_is_one_object_all_the_way_down() -> None:
    place = compiled(NO_RULES, TODAY).body
    assert place.child("a").child(3) is place


def test_hostile_documents_cannot_make_the_compiled_rules_grow_without_bound() -> None:
    book = compiled(rules("$..a" + ".*" * 14 + ".x"), TODAY)
    for number in range(3000):
        place = book.body
        for bit in range(16):
            place = place.child("a" if number >> bit & 1 else "b")
        assert (place.child("x").waiver is not None) == bool(number & 2)  # the name 15 levels above x
    automaton = book.body._automaton
    assert len(automaton._places) <= MAX_PLACES


def test_a_bad_path_in_the_rules_is_the_only_error() -> None:
    with pytest.raises(BadPath):
        compared(json_answer(1), json_answer(2), replace(NO_RULES, ignore=(Waiver("$.["),)))
