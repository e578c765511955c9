from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.table.moves import Mover, NoMove, find_mover, killed, moved, shares, weighed, words_of

DATA: dict[str, Any] = {
    "backends": {"legacy": {}, "orders": {}, "a": {}},
    "groups": {
        "ordering": {"split": {"orders": 5, "legacy": "95"}},
        "odd": {"split": {"legacy": 1}},
        "leaving": {"split": {"a": 1}},
    },
    "routes": [
        {"name": "read", "group": "ordering"},
        {"name": "search", "backend": "legacy"},
        {"name": "odd", "split": {"a": 1}},
        {"name": "off", "split": {"a": 1}, "enabled": False},
        {"name": "gone", "split": {"a": 1, "legacy": 0}, "retired": True},
        {"name": "gone-too", "group": "leaving", "retired": True},
    ],
}
IN_FORCE = {
    "read": {"orders": 5, "legacy": 95},
    "search": {"legacy": 1},
    "odd": {"a": 1},
    "gone": {"a": 1, "legacy": 0},
}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("read", "moves with all routes of its group: name the group, ordering"),
        ("odd", "is a group, and a route that is not in it"),
        ("off", "is not enabled"),
        ("serch", 'did you mean "search"?'),
        ("zzz", "`strangler stage` lists them"),
    ],
)
def test_what_cannot_be_moved_by_itself_is_explained(name: str, said: str) -> None:
    with pytest.raises(NoMove) as caught:
        find_mover(DATA, name, IN_FORCE)
    assert said in str(caught.value)


def test_only_the_weights_that_are_said_change() -> None:
    mover = find_mover(DATA, "ordering", IN_FORCE)
    assert weighed(mover, {"orders": 20}) == {"orders": 20, "legacy": 95}


def test_a_backend_that_is_none_is_refused_and_the_one_that_was_meant_is_told() -> None:
    mover = find_mover(DATA, "ordering", IN_FORCE)
    with pytest.raises(NoMove, match=r"there is no backend 'oders'; did you mean \"orders\"\?"):
        weighed(mover, {"oders": 5})
    with pytest.raises(NoMove, match="'zzz'; known: legacy, orders, a"):
        weighed(mover, {"zzz": 5})


def test_only_what_moves_has_an_arrow() -> None:
    mover = find_mover(DATA, "ordering", IN_FORCE)
    assert words_of(mover, {"orders": 0, "legacy": 95}).endswith("orders 5 % -> 0 %, legacy 95 % -> 100 %")
    assert words_of(mover, mover.weights) == "ordering: orders 5 %, legacy 95 %"


def test_who_takes_all_has_to_be_given_a_weight_before_somebody_else_takes_part() -> None:
    mover = find_mover(DATA, "search", IN_FORCE)
    with pytest.raises(NoMove, match="say what it keeps, legacy=N"):
        weighed(mover, {"a": 1})
    text = "routes:\n  - name: a\n  - name: search\n    backend: legacy  # all\n"
    weights = weighed(mover, {"a": 1, "legacy": 9})
    assert moved(text, mover, weights) == text.replace("backend: legacy", "split: { legacy: 9, a: 1 }")


@pytest.mark.parametrize(("name", "route"), [("gone", "gone"), ("leaving", "gone-too")])
def test_legacy_takes_nothing_of_what_is_retired_and_the_way_back_is_told(name: str, route: str) -> None:
    mover = find_mover(DATA, name, IN_FORCE)
    for move in (killed, lambda mover: weighed(mover, {"legacy": 5})):
        with pytest.raises(NoMove, match=f"legacy never answers {route} any more: .*take `retired: true` away"):
            move(mover)
    assert weighed(mover, {"a": 7})["a"] == 7


@given(st.dictionaries(st.sampled_from(["legacy", "a", "b"]), st.integers(0, 10_000), min_size=1))
def test_after_a_kill_all_goes_to_legacy_and_a_second_one_changes_nothing(weights: dict[str, int]) -> None:
    after = killed(Mover("g", ("groups", "g", "split"), weights))
    assert shares(after) == {name: float(name == "legacy") for name in after}
    assert after.keys() == weights.keys() | {"legacy"}
    assert killed(Mover("g", ("groups", "g", "split"), after)) == after
