"""Paths into a JSON document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.path import MAX_NAME, BadPath, Wild, check_ignore_path, member_path, parse_path, place_of


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("$.a.b", ("a", "b")),
        ("$.a-b_c", ("a-b_c",)),
        ("$.prénom", ("prénom",)),
        ("$.items[3].price", ("items", 3, "price")),
        ("$.items[].x", ("items", Wild.ITEM, "x")),
        ("$.items[*].x", ("items", Wild.CHILD, "x")),
        ("$.by_id.*.x", ("by_id", Wild.CHILD, "x")),
        ("$..id", (Wild.DEEP, "id")),
        ("$.a.**.id", ("a", Wild.DEEP, "id")),
        ("$..[0]", (Wild.DEEP, 0)),
        ("$..*", (Wild.DEEP, Wild.CHILD)),
        ('$["a b"]["x.y"]', ("a b", "x.y")),
        ("$['it\\'s']", ("it's",)),
    ],
)
def test_a_path_is_read_into_steps(text: str, steps: tuple[object, ...]) -> None:
    assert parse_path(text) == steps


@pytest.mark.parametrize(
    "text", ["", "a", "$.", "$a", "$.a b", "$[", "$[-1]", "$[x]", "$...a", '$["\\x"]', "$.a]", "$" + ".a" * 2048]
)
def test_what_is_no_path_says_what_is_wrong(text: str) -> None:
    with pytest.raises(BadPath, match=r"."):
        parse_path(text)


@pytest.mark.parametrize("text", ["status", "body", "body:charset", "header:etag", "$.a"])
def test_places_of_an_answer_may_be_ignored(text: str) -> None:
    check_ignore_path(text)


@pytest.mark.parametrize("text", ["headers", "header:", "header:a b", "statuses", "$.", "a.b"])
def test_other_words_may_not_be_ignored(text: str) -> None:
    with pytest.raises(BadPath):
        check_ignore_path(text)


@given(st.lists(st.text(max_size=MAX_NAME), max_size=4))
def test_every_path_that_we_write_can_be_read_back(names: list[str]) -> None:
    path = "$"
    for name in names:
        path = member_path(path, name)
    assert parse_path(path) == tuple(names)


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_members_never_share_a_path(left: str, right: str) -> None:
    assert (member_path("$", left) == member_path("$", right)) == (left == right)


def test_a_very_long_name_is_cut_but_stays_distinct() -> None:
    left, right = member_path("$", "a" * 5000 + "b"), member_path("$", "a" * 5000 + "c")
    assert left != right
    assert len(left) < 200


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("status", "status"),
        ("header:x-[3]", "header:x-[3]"),
        ("$.items[3].price", "$.items[].price"),
        ("$[0][12]", "$[][]"),
        ('$["[3]"][4]', '$["[3]"][]'),
        ('$.codes["404"]', '$.codes["404"]'),
        ('$.by_id["123456"].name', "$.by_id.*.name"),
        ("$.by_id.deadbeef-0000-4000-8000-beefdeadbeef.name", "$.by_id.*.name"),
        ("$.by.cus_20417.x", "$.by.*.x"),
        ('$.by["ORD-0012345"]', "$.by.*"),
        ('$.by["urn:12345"]', "$.by.*"),
        ('$.daily["2026-02-28"].n', "$.daily.*.n"),
        ('$.monthly["2026-02"]', "$.monthly.*"),
        ("$.line_2.sha256", "$.line_2.sha256"),
    ],
)
def test_the_place_of_a_path_is_the_same_in_every_answer(path: str, place: str) -> None:
    assert place_of(path) == place


@given(st.lists(st.one_of(st.text(max_size=12), st.integers(0, 9)), max_size=5))
def test_a_place_is_itself_a_path_that_a_rule_may_use(steps: list[str | int]) -> None:
    path = "$"
    for step in steps:
        path = member_path(path, step) if isinstance(step, str) else f"{path}[{step}]"
    assert len(parse_path(place_of(path))) == len(steps)
