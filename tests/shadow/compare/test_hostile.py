"""Whatever an answer holds, comparing it ends soon, with a result that says why."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.compare import Limits
from shadow.model import Comparison, Kind
from tests.machine import patience
from tests.shadow.answers import answer, compared, found, json_answer, json_text, rules

DEEP: Final = 100_000
LIMITS: Final = Limits(clock=time.thread_time)
STEP: Final = 1.0
"""Seconds that one step may take between two looks at the clock."""


def timed(control: bytes, candidate: bytes, *ignore: str, unordered: str | None = None) -> Comparison:
    limits = dataclasses.replace(LIMITS, seconds=patience(LIMITS.seconds))
    by = rules(*ignore, unordered={unordered: None} if unordered else None)
    began = time.thread_time()
    comparison = compared(json_text(control), json_text(candidate), by, limits)
    assert time.thread_time() - began < limits.seconds + patience(STEP)
    return comparison


@pytest.mark.promise("B121")
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":', b"[[],"])
def test_nesting_without_end(opening: bytes) -> None:
    comparison = timed(opening * DEEP, opening * DEEP + b"1")
    assert comparison.undecodable is not None
    assert "deep" in comparison.undecodable


@pytest.mark.promise("B121")
@pytest.mark.parametrize("unordered", [None, "$", "$..*"])
@pytest.mark.parametrize("depth", [150, 400, 900, 1000])
def test_valid_nesting_that_ends_beyond_our_depth(depth: int, unordered: str | None) -> None:
    left, right = (b"[" * depth + leaf + b"]" * depth for leaf in (b"1", b"2"))
    comparison = timed(left, right, unordered=unordered)
    assert comparison.undecodable is not None or found(comparison) == [("$" + "[0]" * depth, "values_changed")]
    assert timed(left, left + b" ", unordered=unordered).differences == ()


def test_differences_above_a_deep_place_are_still_told() -> None:
    deep = b"[" * 300 + b"1" + b"]" * 300
    comparison = timed(b'{"a":1,"z":' + deep + b"}", b'{"a":2,"z":' + deep.replace(b"1", b"2") + b"}")
    assert found(comparison) == [("$.a", "values_changed")]
    assert comparison.limit == "they differ somewhere below 200 levels"
    assert comparison.undecodable is None


@pytest.mark.promise("B128")
def test_more_members_than_we_look_at() -> None:
    left = b"{" + b",".join(b'"%d":1' % number for number in range(1_000_001)) + b"}"
    comparison = timed(left, left.replace(b'"1000000":1', b'"1000000":2'))
    assert comparison.undecodable == comparison.limit == "more than 2000000 members and items"


def test_very_many_differences_stop_early() -> None:
    comparison = timed(json.dumps(list(range(200_000))).encode(), json.dumps(list(range(200_000, 400_000))).encode())
    assert len(comparison.differences) == 100
    assert comparison.limit == "more than 100 differences"


def test_very_many_keys_that_differ() -> None:
    left = b"{" + b",".join(b'"%d":0' % number for number in range(990_000)) + b"}"
    right = left.replace(b'":0', b'":1')
    comparison = timed(left, right)
    assert len(comparison.differences) == 100
    assert {one.place for one in comparison.differences} == {"$.*"}
    hidden = timed(left, right, "$.*")
    assert len(hidden.waived) == 100
    assert hidden.undecodable == hidden.limit is not None


@pytest.mark.promise("B128")
@pytest.mark.parametrize("make", [str, lambda number: {"id": number, "name": f"n {number}", "tags": [1, 2.5, None]}])
def test_very_many_items_in_another_order(make: Callable[[int], Any]) -> None:
    items = [make(number) for number in range(50_000)]
    shuffled = items.copy()
    random.Random(1).shuffle(shuffled)
    comparison = timed(json.dumps(items).encode(), json.dumps(shuffled).encode())
    assert {one.kind for one in comparison.differences} == {Kind.ITERABLE_ITEM_MOVED}
    assert comparison.limit == "more than 100 differences"
    comparison = timed(json.dumps(items).encode(), json.dumps(items[1:25_000] + items[25_001:]).encode())
    assert found(comparison) == [("$[0]", "iterable_item_removed"), ("$[25000]", "iterable_item_removed")]


def test_very_many_equal_items() -> None:
    left, right = (
        b"[" + b",".join([b"1"] * 150_000 + middle + [b"1"] * 150_000) + b"]" for middle in ([b"2"], [b"3", b"2"])
    )
    assert found(timed(left, right)) == [("$[150000]", "iterable_item_added")]


def test_lists_in_lists_that_all_have_to_be_sorted_out() -> None:
    left, right = b"0", b"1"
    for level in range(190):
        pad = b'"%s",' % (b"x" * 9000)
        left, right = b"[%s%s,%d]" % (pad, left, level), b"[%d,%s%s]" % (level, pad, right)
    assert timed(left, right).differences


def test_lists_are_compared_by_position_when_half_of_the_limits_are_used_up() -> None:
    left, right = list(range(5100)), [*range(1, 5100), 0]
    ticks = itertools.count()
    for limits, kind in (
        (Limits(), Kind.ITERABLE_ITEM_MOVED),
        (Limits(nodes=20_000), Kind.VALUES_CHANGED),
        (Limits(clock=lambda: next(ticks) * 1.5), Kind.VALUES_CHANGED),
    ):
        assert compared(json_answer(left), json_answer(right), limits=limits).differences[0].kind is kind


@pytest.mark.promise("B128")
def test_very_long_strings_with_much_in_common() -> None:
    common = b"ab\\n" * 250_000
    left, right = (b'{"a":"%s%s%s"}' % (common, middle, common) for middle in (b"", b"x"))
    assert found(timed(left, right)) == [("$.a", "values_changed")]


def test_time_is_a_limit() -> None:
    ticks = itertools.count()
    limits = Limits(clock=lambda: next(ticks) / 10)
    left, right = ([{"a": side, "n": number} for number in range(90)] for side in (1, 2))
    bags = [[{"x": number, "y": [number] * 5000} for number in order] for order in (range(90), range(90, 0, -1))]
    by = rules(unordered={"$[1]": None, "$.bag": None})
    comparison = compared(json_answer([left, bags[0]]), json_answer([right, bags[1]]), by, limits)
    assert comparison.limit == "more than 2 seconds of computing"
    assert len(comparison.differences) == 90
    stopped = compared(json_answer({"bag": bags[0]}), json_answer({"bag": bags[1]}), by, limits)
    assert stopped.differences == ()
    assert stopped.undecodable == stopped.limit


def test_very_many_items_to_be_sorted_out() -> None:
    left, right = json.dumps(list(range(100_000))), json.dumps(list(range(100_000, 0, -1)))
    comparison = timed(left.encode(), right.encode(), unordered="$")
    assert found(comparison) == [("$[0]", "values_changed")]


def test_keys_that_python_would_hash_alike() -> None:
    numbers = [str((2**61 - 1) * number) for number in range(1, 20_000)]
    left, right = (f"[{','.join(order)}]" for order in (numbers, reversed(numbers)))
    assert timed(left.encode(), right.encode(), unordered="$").differences == ()


@pytest.mark.promise("B122")
@pytest.mark.parametrize(
    ("control", "candidate"),
    [
        (b"9" * 5000, b"9" * 5001),
        (b"1e400", b"-1e400"),
        (b"1e999999999", b"1.0"),
        (b"0." + b"1" * 500_000, b"0." + b"1" * 500_001),
    ],
)
def test_numbers_of_any_size(control: bytes, candidate: bytes) -> None:
    assert found(timed(control, candidate)) == [("$", "values_changed")]
    by = rules(tolerance={"$": 0.5})
    compared(json_text(control), json_text(candidate), by)


def test_a_long_chain_with_the_difference_at_its_end_is_not_quadratic() -> None:
    head = b'{"pad":[%s],"next":' % b",".join([b"1"] * 2000)
    left, right = (head * 150 + leaf + b"}" * 150 for leaf in (b"1", b"2"))
    assert len(timed(left, right).differences) == 1


def test_limits_without_a_difference_are_no_match() -> None:
    by, limits = rules(), Limits(nodes=10)
    comparison = compared(json_answer([1.0] * 20), json_text("[1.00" + ",1.00" * 19 + "]"), by, limits)
    assert comparison.differences == ()
    assert comparison.undecodable == comparison.limit == "more than 10 members and items"


PIECES = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"a",
        b"1",
        b"-",
        b".",
        b"e9",
        b"null",
        b"NaN",
        b" ",
        b"\xff",
        b"\\u",
        b"\xef\xbb\xbf",
        b"\0",
    ]
)
BODIES = st.binary(max_size=40) | st.lists(PIECES, max_size=25).map(b"".join)
TYPES = st.sampled_from(
    ["application/json", "text/html; charset=utf-16", "text/plain; charset=zip", "image/png", "", ";;=", None]
)
CODINGS = st.sampled_from([{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br, deflate"}])


@given(BODIES, BODIES, TYPES, TYPES, CODINGS, CODINGS)
def test_nothing_raises(
    left: bytes, right: bytes, one: str | None, other: str | None, coding: dict[str, str], decoding: dict[str, str]
) -> None:
    control = answer(left, content_type=one, headers=coding)
    candidate = answer(right, content_type=other, headers=decoding)
    there, back = compared(control, candidate), compared(candidate, control)
    assert bool(there.differences) == bool(back.differences)
    assert (there.undecodable is None) == (back.undecodable is None)
    assert compared(control, control).differences == ()
