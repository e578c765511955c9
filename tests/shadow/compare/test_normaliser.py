"""Normalisers keep what they promise: their examples, for any value, in linear time."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.normalise import NORMALISERS, Normalise
from proxy.model.table import KINDS
from shadow.compare import normalisers
from shadow.compare.missing import MISSING
from shadow.compare.normaliser import content, examples, made_equal, normal_text
from shadow.compare.tree import read_tree
from shadow.folder import found_in
from shadow.model import Kind
from tests.machine import patience

REFERENCE = (Path(__file__).resolve().parents[3] / "docs/reference/comparing.md").read_text(encoding="utf-8")
ALL = sorted(NORMALISERS)
OPTIONS: dict[str, Any] = {"pattern": "build-[0-9]+", "digits": 2, "within": 5.0}


def rule(name: str, **options: Any) -> Normalise:
    return Normalise("$.a", name, **options)


def tree(value: Any) -> Any:
    return read_tree(json.dumps(value))


def equal(control: Any, candidate: Any, *rules: Normalise) -> bool:
    return made_equal(rules, tree(control), tree(candidate)) is not None


def test_the_table_may_name_the_normalisers_that_there_are() -> None:
    assert {one.name for one in found_in(normalisers, "NORMALISER")} == set(NORMALISERS)
    assert set(KINDS) == {kind.value for kind in Kind}


@pytest.mark.parametrize(("name", "control", "candidate", "same"), examples())
def test_the_examples_are_true_both_ways(name: str, control: Any, candidate: Any, same: bool) -> None:
    assert equal(control, candidate, rule(name)) is same
    assert equal(candidate, control, rule(name)) is same


@pytest.mark.parametrize("name", sorted(set(ALL) - {"regex"}))
def test_every_normaliser_has_examples_of_both_kinds(name: str) -> None:
    assert {same for one, _, _, same in examples() if one == name} == {True, False}


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.text("0123456789.-:TZ,eE ")
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@pytest.mark.parametrize("name", ALL)
@given(VALUES, VALUES)
def test_no_value_makes_a_normaliser_fail_and_equal_ones_are_equal_to_themselves(
    name: str, control: Any, candidate: Any
) -> None:
    how = rule(name, **{option: OPTIONS[option] for option in NORMALISERS[name] if option in OPTIONS})
    left, right = tree(control), tree(candidate)
    assert made_equal([how], left, right) == made_equal([how], right, left)
    assert content([how], left) == content([how], tree(control))
    assert (made_equal([how], left, MISSING) is not None) is (
        name == "empty" and control in (None, "", [], {}) and control is not False
    )


@pytest.mark.parametrize("name", ALL)
@given(st.text() | st.text("ab build-12\n"))
def test_normalising_text_twice_changes_nothing_more(name: str, text: str) -> None:
    rules = [rule(name, pattern="build-[0-9]+", replace="build")]
    once = normal_text(rules, text)
    assert normal_text(rules, once) == once


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("unit", ["a", "1", " ", "http://a/", "eyJ.", "build-", "2026-01-01T00:00:00Z,"])
def test_a_megabyte_takes_no_longer_than_it_must(name: str, unit: str) -> None:
    text = unit * (2**20 // len(unit))
    how = rule(name, **({"pattern": "[a-z]+-[0-9]+x"} if name == "regex" else {}))
    most = patience(2.0)
    started = time.thread_time()
    made_equal([how], text, text + "x")
    made_equal([how], text.encode(), text.encode() + b"1")
    assert time.thread_time() - started < most


def test_rules_of_one_place_follow_each_other() -> None:
    assert equal("  BUILD-17 ", "build-18", rule("whitespace"), rule("case"), rule("regex", pattern="build-[0-9]+"))
    assert not equal("  BUILD-17 ", "build-18", rule("regex", pattern="build-[0-9]+"))


def test_the_rule_is_told_that_made_values_equal() -> None:
    rules = [rule("uuid"), rule("timestamp"), rule("case")]
    assert made_equal(rules, "2026-03-31T12:00:00Z", "2026-03-31T13:00:00Z") == "$.a as timestamp"
    assert made_equal(rules, "Paid", "PAID") == "$.a as case"
    assert made_equal(rules, "paid", "sent") is None


def test_within_bounds_how_far_two_times_may_be_apart() -> None:
    noon, later = "2026-03-31T12:00:00Z", "2026-03-31T14:00:04+02:00"
    assert equal(noon, later, rule("timestamp", within=5.0))
    assert not equal(noon, later, rule("timestamp", within=3.0))
    assert equal(1795000000, 1795000004, rule("timestamp", within=5.0))
    assert not equal(1795000000000, 1795000006000, rule("timestamp", within=5.0))


def test_digits_round_numbers() -> None:
    assert equal(10.301, 10.299, rule("number", digits=2))
    assert not equal(10.31, 10.29, rule("number", digits=2))
    assert equal(10**30 + 0.1, "1000000000000000000000000000000.1", rule("number", digits=0))


def test_a_regex_replaces_within_lines_and_leaves_very_long_ones_alone() -> None:
    rules = [rule("regex", pattern="v[0-9]+", replace="v")]
    assert normal_text(rules, "v1\nv22") == "v\nv"
    assert normal_text(rules, "v1" + " " * 9000) == "v1" + " " * 9000


def test_the_reference_lists_them_by_the_first_words_of_their_files() -> None:
    rows = dict(
        re.findall(
            r"^\| `(\w+)` \| (.+?) \|", REFERENCE.partition("<!-- normalisers:")[2].split("\n\n##")[0], re.MULTILINE
        )
    )
    said = {
        one.name: re.sub(r"\s+", " ", __import__(one.__class__.__module__, fromlist=["x"]).__doc__)
        .replace("``", "`")
        .strip()
        for one in found_in(normalisers, "NORMALISER")
    }
    assert rows == said
