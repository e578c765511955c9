from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.side_by_side import (
    MOST_LINES,
    Row,
    aligned,
    counted_headers,
    field_rows,
    folds,
    near_differences,
    parts,
    readable_lines,
)

LINES = st.lists(st.sampled_from("abcd"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(LINES, LINES)
def test_both_texts_can_be_read_off_the_rows(left: list[str], right: list[str]) -> None:
    rows = list(aligned(left, right))
    assert [row.left for row in rows if row.mark != ">"] == left
    assert [row.right for row in rows if row.mark != "<"] == right
    assert all((row.mark == "=") == (row.left == row.right) for row in rows)


def test_a_line_more_shifts_the_others_and_does_not_change_them() -> None:
    assert list(aligned(["a", "b", "c"], ["a", "x", "b", "c"])) == [
        Row("=", "a", "a"),
        Row(">", "", "x"),
        Row("=", "b", "b"),
        Row("=", "c", "c"),
    ]


def test_very_long_texts_are_compared_in_place() -> None:
    long = [str(number) for number in range(MOST_LINES + 1)]
    rows = list(aligned(long, ["new", *long]))
    assert rows[0] == Row("|", "0", "new")
    assert len(rows) == MOST_LINES + 2


@pytest.mark.parametrize("kinds", [1, 3, 11, 101])
def test_lines_that_are_often_alike_take_no_long_time(kinds: int) -> None:
    left, right = ([str(number * step % kinds) for number in range(MOST_LINES)] for step in (1, 2))
    began = time.process_time()
    rows = list(aligned(left, right))
    assert time.process_time() - began < 5
    assert [row.left for row in rows if row.mark != ">"] == left
    assert [row.right for row in rows if row.mark != "<"] == right


def test_between_lines_that_are_alike_those_that_are_not_are_found() -> None:
    items = [["{", f'"id": {number}', "},"] for number in range(400)]
    left, right = (
        [line for item in side for line in item] for side in (items, [*items[:200], ["{", "new", "},"], *items[201:]])
    )
    assert [row for row in aligned(left, right) if row.mark != "="] == [Row("|", '"id": 200', "new")]
    right = [line for item in [["{", "new", "},"], *items] for line in item]
    assert [row.mark for row in aligned(left, right) if row.mark != "="] == [">"] * 3


def test_equal_lines_far_from_a_difference_are_counted() -> None:
    rows = [Row("=", "same", "same")] * 10 + [Row("|", "a", "b")] + [Row("=", "same", "same")] * 3
    shown = list(near_differences(rows, context=2))
    assert [row.mark for row in shown] == ["~", "=", "=", "|", "=", "=", "~"]
    assert [row.left for row in shown if row.mark == "~"] == ["8", "1"]


def test_equal_texts_are_one_count() -> None:
    assert list(near_differences([Row("=", "a", "a")] * 4)) == [Row("~", "4", "")]


def test_header_fields_are_paired_by_name_whatever_their_order_and_case() -> None:
    rows = list(field_rows([("B", "1"), ("A", "1"), ("A", "2")], [("a", "1"), ("C", "3"), ("b", "2")], {"a", "b", "c"}))
    assert rows == [Row("=", "a: 1", "a: 1"), Row("<", "a: 2", ""), Row("|", "b: 1", "b: 2"), Row(">", "", "c: 3")]


def test_a_header_that_differs_is_marked_only_if_that_counts() -> None:
    rows = list(field_rows([("Date", "1"), ("Vary", "a")], [("Date", "2"), ("Vary", "b"), ("X", "1")], {"vary"}))
    assert [row.mark for row in rows] == [".", "|", "."]


def test_what_does_not_count_is_shown_without_what_is_around_it() -> None:
    rows = [Row("=", "same", "same"), Row(".", "date: 1", "date: 2"), Row("=", "same", "same")]
    assert [row.mark for row in near_differences(rows)] == ["~", ".", "~"]


def test_headers_count_where_something_is_said_of_them() -> None:
    pair = {
        "differences": [{"path": "header:vary"}, {"path": "$.total"}],
        "waived": [{"path": "header:etag"}],
        "noisy": ["header:age"],
    }
    assert counted_headers(pair) == {"vary", "etag", "age"}


def test_json_is_indented_and_nothing_else_changes() -> None:
    text = '{"a":1.10,"b":[12345678901234567890123,1e400],"a":{},"c":"x, \\"y\\": [z]"}'
    assert readable_lines(text) == [
        "{",
        '  "a": 1.10,',
        '  "b": [',
        "    12345678901234567890123,",
        "    1e400",
        "  ],",
        '  "a": {},',
        '  "c": "x, \\"y\\": [z]"',
        "}",
    ]


@given(JSON)
def test_indented_json_means_the_same(document: object) -> None:
    assert json.loads("\n".join(readable_lines(json.dumps(document)))) == document


def test_what_is_no_json_keeps_its_lines() -> None:
    assert readable_lines("<p>\nx</p>") == ["<p>", "x</p>"]
    short = "<p>a</p><p>b</p>"
    assert readable_lines(short) == [short]
    assert readable_lines("[" * 100_000) == ["[" * 100_000]
    assert readable_lines("") == []


def test_markup_on_one_long_line_is_cut_between_tags() -> None:
    page = "<ul>" + "".join(f"<li>item {number}</li>" for number in range(20)) + "</ul>"
    lines = readable_lines(page)
    assert "".join(lines) == page
    assert lines[:3] == ["<ul>", "<li>item 0</li>", "<li>item 1</li>"]


@given(st.text("ab1 ,", max_size=12), st.text("ab1 ,", max_size=12))
def test_the_parts_of_two_lines_are_the_lines(left: str, right: str) -> None:
    mine, other = parts(left, right)
    assert ("".join(mine), "".join(other)) == (left, right)
    assert (mine.before, mine.after) == (other.before, other.after)
    assert (mine.middle == other.middle == "") == (left == right)


@pytest.mark.parametrize(
    ("left", "right", "middles"),
    [
        ('"total": 12.50,', '"total": 12.90,', ("50", "90")),
        ('"name": "anna"', '"name": "annette"', ("anna", "annette")),
        ("a b c", "a c", ("b ", "")),
        ("same", "same", ("", "")),
        ("", "new", ("", "new")),
    ],
)
def test_no_word_and_no_number_is_cut_in_two(left: str, right: str, middles: tuple[str, str]) -> None:
    mine, other = parts(left, right)
    assert (mine.middle, other.middle) == middles


@given(st.lists(st.sampled_from("=|"), max_size=40), st.integers(0, 4))
def test_folds_hold_all_rows_in_order_and_no_difference_is_folded(marks: list[str], context: int) -> None:
    rows = [Row(mark, str(at), "") for at, mark in enumerate(marks)]
    found = list(folds(rows, context))
    assert [row for fold in found for row in fold.rows] == rows
    assert all(row.mark == "=" for fold in found if fold.equal for row in fold.rows)
    assert all(one.equal != other.equal for one, other in pairwise(found))
