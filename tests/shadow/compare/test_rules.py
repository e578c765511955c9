"""Waivers, lists in any order, tolerances: what the table says about a place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from proxy.model.normalise import Normalise
from proxy.model.path import BadPath
from proxy.model.table import Waiver
from shadow.compare import Origins, compare
from shadow.compare.rules import MAX_PLACES, compiled
from shadow.model import Kind
from tests.shadow.answers import NO_RULES, TODAY, answer, compared, found, json_answer, json_found, json_text, rules


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


def normalise(path: str, name: str, **options: Any) -> Normalise:
    return Normalise(path, name, **options)


NOON, ONE = "2026-03-31T12:00:00Z", "2026-03-31T13:00:00Z"


def test_what_a_normaliser_makes_equal_is_no_difference_and_is_told_with_its_rule() -> None:
    by = rules(normalise=(normalise("$..at", "timestamp"),))
    comparison = compared(json_answer({"a": [{"at": NOON}]}), json_answer({"a": [{"at": ONE}]}), by)
    assert (found(comparison), comparison.waived) == ([], ())
    assert [(one.path, one.kind, rule) for one, rule in comparison.normalised] == [
        ("$.a[0].at", Kind.VALUES_CHANGED, "$..at as timestamp")
    ]


A, B, C = ({"id": name, "n": 1.0} for name in "abc")
UNORDERED = ("$.items unordered", Kind.ITERABLE_ITEM_MOVED, 1)


@pytest.mark.parametrize("key", [None, "id"])
@pytest.mark.parametrize(
    ("candidate", "hidden"),
    [
        ([B, A, C], [UNORDERED]),
        ([C, B, A], [UNORDERED]),
        ([{**A, "n": 1.001}, B, C], []),
        ([{**A, "n": 2.0}, B, C], []),
        ([B, C], []),
        ([A, B, A, C], []),
        ([C, B], [UNORDERED]),
    ],
)
def test_an_order_that_a_rule_makes_equal_is_counted_for_it_and_only_where_the_order_is_another(
    candidate: list[Any], key: str | None, hidden: list[Any]
) -> None:
    by = rules(unordered={"$.items": key})
    assert list(compared(json_answer({"items": [A, B, C]}), json_answer({"items": candidate}), by).hidden) == hidden
    below = replace(by, ignore=(Waiver("$.items"),))  # what a waiver hides, the order does not
    assert compared(json_answer({"items": [A, B, C]}), json_answer({"items": candidate}), below).hidden == ()


def test_numbers_within_a_tolerance_are_counted_for_it_and_the_others_are_differences() -> None:
    by = rules(tolerance={"$..n": 0.01}, unordered={"$.items": None})
    control, candidate = (
        [{"n": 1.0}, {"n": 2.0}, {"n": 3}, {"n": 4.0}],
        [{"n": 1.005}, {"n": 2.01}, {"n": 3}, {"n": 4.5}],
    )
    comparison = compared(json_answer({"items": control}), json_answer({"items": candidate}), by)
    assert found(comparison) == [("$.items[3].n", "values_changed")]
    assert comparison.hidden == (("$..n within 0.01", Kind.VALUES_CHANGED, 2),)
    waived = replace(by, ignore=(Waiver("$.items"),))
    assert compared(json_answer({"items": control}), json_answer({"items": candidate}), waived).hidden == ()


def test_orders_and_tolerances_are_counted_in_xml_too() -> None:
    by = rules(tolerance={"$.order.total": 0.01}, unordered={"$.order.item": None})
    one, other = (
        answer(
            f"<order><total>{total}</total><item>{a}</item><item>{b}</item></order>".encode(), content_type="text/xml"
        )
        for total, a, b in (("1.00", "x", "y"), ("1.005", "y", "x"))
    )
    comparison = compared(one, other, by)
    assert found(comparison) == []
    assert sorted(comparison.hidden) == [
        ("$.order.item unordered", Kind.ITERABLE_ITEM_MOVED, 1),
        ("$.order.total within 0.01", Kind.VALUES_CHANGED, 1),
    ]


def test_a_list_with_thousands_of_numbers_within_the_tolerance_counts_them_all() -> None:
    by = rules(tolerance={"$[*]": 0.5})
    comparison = compared(json_answer(list(range(5000))), json_answer([n + 0.25 for n in range(5000)]), by)
    assert comparison.hidden == (("$[*] within 0.5", Kind.VALUES_CHANGED, 5000),)


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [(None, "type_changes"), (1795000000, "type_changes"), ("soon", "values_changed"), ("", "values_changed")],
)
def test_a_value_that_a_normaliser_does_not_speak_about_is_a_difference(candidate: Any, kind: str) -> None:
    by = rules(normalise=(normalise("$.at", "timestamp"),))
    assert json_found({"at": NOON}, {"at": candidate}, by) == [("$.at", kind)]
    assert json_found({"at": NOON}, {}, by) == [("$.at", "dictionary_item_removed")]


def test_items_of_a_list_in_any_order_are_paired_by_what_normalisers_leave() -> None:
    by = rules(unordered={"$.items": None}, normalise=(normalise("$.items[].id", "uuid"),))
    ids = ("9f1c6e1a-3c1b-4d5e-8f70-1a2b3c4d5e6f", "00000000-0000-4000-8000-000000000000")
    control = {"items": [{"id": ids[0], "n": 1}, {"id": ids[1], "n": 2}]}
    assert json_found(control, {"items": [{"id": ids[0], "n": 2}, {"id": ids[1], "n": 1}]}, by) == []
    assert json_found(control, {"items": [{"id": ids[0], "n": 2}, {"id": ids[1], "n": 2}]}, by) != []


def test_a_member_may_be_missing_where_emptiness_has_many_forms() -> None:
    by = rules(normalise=(normalise("$.note", "empty"),))
    assert json_found({"note": None}, {}, by) == []
    assert json_found({}, {"note": ""}, by) == []
    assert json_found({"note": "x"}, {}, by) == [("$.note", "dictionary_item_removed")]


def test_a_text_is_normalised_as_a_whole_and_what_is_left_is_told() -> None:
    by = rules(normalise=(normalise("body", "regex", pattern="build-[0-9]+", replace="build"),))
    one, other = (answer(f"ok\nbuild-{n}\n".encode(), content_type="text/plain") for n in (1, 22))
    comparison = compared(one, other, by)
    assert (found(comparison), [rule for _, rule in comparison.normalised]) == ([], ["body as regex"])
    (difference,) = compared(one, answer(b"OK\nbuild-1\n", content_type="text/plain"), by).differences
    assert "build-1" not in str(difference.control)


def test_lines_of_a_header_are_normalised_one_by_one() -> None:
    by = rules(headers=("x-trace", "location"), normalise=(normalise("header:X-Trace", "uuid"),))
    ids = ("9f1c6e1a-3c1b-4d5e-8f70-1a2b3c4d5e6f", "00000000-0000-4000-8000-000000000000")
    one, other = (answer(headers={"X-Trace": id_}) for id_ in ids)
    assert found(compared(one, other, by)) == []
    assert found(compared(one, answer(headers={"X-Trace": "none"}), by)) == [("header:x-trace", "values_changed")]
    assert found(compared(one, answer(), by)) == [("header:x-trace", "dictionary_item_removed")]


@pytest.mark.parametrize("path", ["$.a", "$", "$..b", "$.a.*"])
def test_a_waiver_of_some_kinds_hides_those_and_no_others(path: str) -> None:
    by = rules(Waiver(path, kinds=("values_changed",)))
    assert json_found({"a": {"b": 1}}, {"a": {"b": 2}}, by) == []
    assert json_found({"a": {"b": 1}}, {"a": {"b": "1"}}, by) == [("$.a.b", "type_changes")]
    assert json_found({"a": {"b": 1}}, {"a": {}}, by) == [("$.a.b", "dictionary_item_removed")]


def test_a_waiver_of_some_kinds_holds_outside_the_body_too() -> None:
    by = rules(Waiver("header:location", kinds=("values_changed",)), Waiver("body", kinds=("type_changes",)))
    one, other = (answer(headers={"Location": url}) for url in ("/a", "/b"))
    assert found(compared(one, other, by)) == []
    assert found(compared(one, answer(), by)) == [("header:location", "dictionary_item_removed")]
    assert found(compared(answer(b"a", content_type="text/plain"), answer(b"b", content_type="text/plain"), by)) == [
        ("body", "values_changed")
    ]


def test_all_headers_are_all_but_those_that_are_new_in_every_answer() -> None:
    by = rules(headers=("*", "server"))
    one = answer(headers={"X-Feature": "a", "Date": "1", "Server": "old", "X-Request-Id": "1", "Link": "</a>; rel=x"})
    other = answer(headers={"X-Feature": "b", "Date": "2", "Server": "new", "X-Request-Id": "2", "X-More": "1"})
    assert found(compared(one, other, by)) == [
        ("header:link", "dictionary_item_removed"),
        ("header:server", "values_changed"),
        ("header:x-feature", "values_changed"),
        ("header:x-more", "dictionary_item_added"),
    ]


def test_links_are_a_set_and_a_backends_own_address_is_here() -> None:
    by = rules(headers=("link",))
    origins = Origins(("http://old:1",), ("http://new:2",))
    one = answer(headers={"Link": '<http://old:1/a,b>; rel="next"; title="x, y", </c>; rel=prev'})
    other = answer(headers={"Link": '</c>;rel=prev, <http://new:2/a,b>; title="x, y"; rel="next"'})
    assert compare(one, other, by, today=None, origins=origins).differences == ()
    assert compare(one, other, by, today=None).differences != ()
