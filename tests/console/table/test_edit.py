from __future__ import annotations

import difflib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.table.edit import NEXT, CannotEdit, put, renamed
from proxy.table.reading import read

WAIVER = {"path": "$.items[].price", "reason": "rounds: #5", "until": date(2027, 3, 31)}
ROUTE = ("routes", 0, "compare", "ignore", NEXT)


def added(before: str, after: str) -> list[str]:
    """The lines that are new; none of the others may have changed."""
    lines = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    assert not [line for line in lines if line.startswith("-")]
    return [line[2:] for line in lines if line.startswith("+")]


def test_a_block_that_is_not_there_is_made_behind_the_last_key_before_comments_about_the_next() -> None:
    text = "routes:\n- name: a   # first\n  backend: legacy   # all\n\n  # about b\n- name: b\n"
    assert added(text, put(text, ROUTE, WAIVER)) == [
        "  compare:\n",
        "    ignore:\n",
        "      - { path: '$.items[].price', reason: 'rounds: #5', until: 2027-03-31 }\n",
    ]


def test_an_unusual_indent_goes_on_as_it_is() -> None:
    text = "routes:\n    -   name: a\n        compare:\n                ignore:\n                -   $.x  # why\n                # end\n"
    assert added(text, put(text, ROUTE, "$.y")) == ["                - $.y\n"]


def test_an_entry_that_is_too_long_for_a_line_gets_several() -> None:
    text = "routes:\n  - name: a\n    compare:\n      ignore: # hm\n        - $.x\n"
    assert added(text, put(text, ROUTE, {"path": "$.y", "reason": "long " * 25})) == [
        "        - path: $.y\n",
        f"          reason: '{'long ' * 25}'\n",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", "[$.y]"),
        ("[$.x]", "[$.x, $.y]"),
        ('[ "$.x", ]', '[ "$.x", $.y ]'),
        ("[\n      $.x,  # one\n      $.z   # two\n    ]", "[\n      $.x,  # one\n      $.z, $.y   # two\n    ]"),
    ],
)
def test_brackets_get_one_more_entry(before: str, after: str) -> None:
    text = "routes:\n  - compare: { ignore: %s, headers: [x] }  # end\n"
    assert put(text % before, ROUTE, "$.y") == text % after


@pytest.mark.parametrize("nothing", ["", " ~", " null", "  # later"])
def test_an_empty_value_is_filled(nothing: str) -> None:
    text = f"routes:\n  - name: a\n    compare:{nothing}\n    backend: legacy\n"
    edited = put(text, ROUTE, "$.y")
    assert "    compare: { ignore: [$.y] }" in edited
    assert edited.count("\n") == text.count("\n")


def test_line_ends_and_characters_of_every_kind_stay() -> None:
    text = 'routes:\r\n  - name: "é😀"\r\n    compare:\r\n      ignore:\r\n        - $.ü # 漢\r\n'
    assert put(text, ROUTE, "$.y") == text + "        - $.y\r\n"
    assert put(text.rstrip(), ROUTE, "$.y") == text.rstrip() + "\r\n        - $.y"


def test_a_text_block_before_it_keeps_its_lines() -> None:
    text = "routes:\n  - name: a\n    note: |\n      one\n      two\n\n  - name: b\n"
    assert added(text, put(text, ("routes", 0, "backend"), "legacy")) == ["    backend: legacy\n"]


def test_a_value_is_exchanged_and_its_neighbours_stay() -> None:
    text = "groups:\n  g: { split: { 'a': 5 , legacy: 95 } } # x\n"
    assert put(text, ("groups", "g", "split", "a"), 20) == text.replace("5 ,", "20 ,")
    assert put(text, ("groups", "g", "split", "b"), 1) == text.replace("95 }", "95, b: 1 }")


def test_a_key_is_exchanged_with_its_value() -> None:
    text = "routes:\n  - name: a\n    backend:   legacy  # all\n    match: {path: /}\n"
    edited = renamed(text, ("routes", 0, "backend"), "split", {"legacy": 90, "a": 10})
    assert edited == text.replace("backend:   legacy", "split: { legacy: 90, a: 10 }")


def test_an_anchored_value_may_be_exchanged_where_it_stands_once() -> None:
    text = "groups:\n  g: { split: { a: &w 5, legacy: 95 } }\n"
    assert read(put(text, ("groups", "g", "split", "a"), 20), {}, "").data["groups"]["g"]["split"]["a"] == 20


@pytest.mark.parametrize(
    "text",
    [
        "routes:\n  - compare: &c\n      ignore: [$.x]\n  - compare: *c\n",  # would change two routes
        "defaults:\n  compare: &c { ignore: [$.x] }\nroutes:\n  - compare: *c\n",
        "base: &b { compare: { ignore: [$.x] } }\nroutes:\n  - <<: *b\n    name: a\n",  # would hide what is merged
        "routes:\n  - compare: word\n",
        "routes:\n  - compare: { ignore: word }\n",
    ],
)
def test_what_is_shared_or_strange_is_left_to_people(text: str) -> None:
    with pytest.raises(CannotEdit, match=r"edit it by hand|no map"):
        put(text, ROUTE, "$.y")


def test_variables_stay_as_written_and_a_text_that_looks_like_one_is_none() -> None:
    text = 'routes:\n  - name: "${NAME}"\n    compare: { ignore: ["${PATH_OF:-$.x}"] }\n'
    edited = put(text, ROUTE, {"path": "$.y", "reason": "costs ${X}"})
    assert '"${NAME}"' in edited
    assert """["${PATH_OF:-$.x}", { path: $.y, reason: 'costs $${X}' }]""" in edited


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff"), min_size=1))
def test_every_text_is_read_as_it_was_meant(reason: str) -> None:
    try:
        edited = put("routes:\n  - name: a\n", ROUTE, {"path": "$.y", "reason": reason})
    except CannotEdit:
        return
    waiver: Any = read(edited, {}, "").data["routes"][0]["compare"]["ignore"][0]
    assert waiver["reason"] == reason
