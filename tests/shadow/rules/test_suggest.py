from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shadow.noise.excess import PlaceNoise
from shadow.rules.suggest import Proposal, key_among, proposals

TODAY = date(2026, 11, 25)


def noisy(place: str = "$.a", kind: str = "values_changed", sort: str = "token", **changes: Any) -> PlaceNoise:
    """Differs in every one of 100 pairs, and the control from itself too."""
    fields: dict[str, Any] = {"differed": 100, "drifted": 100, "both": 5, "repeats": 5, "sorts": {sort: 100}}
    return PlaceNoise(place, kind, **(fields | changes))


def steady(place: str = "$.a", kind: str = "values_changed", sort: str = "text", **changes: Any) -> PlaceNoise:
    """Differs in every pair, and the control agrees with itself."""
    return noisy(place, kind, sort, **({"drifted": 0, "both": 0, "only_candidate": 5} | changes))


def proposed(*places: PlaceNoise, key: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    found, _ = proposals("orders", places, compared=100, asked_twice=100, today=TODAY, key_of=lambda _: key)
    return [(one.key, dict(one.entry)) for one in found]


@pytest.mark.parametrize("sort", ["timestamp", "uuid", "jwt"])
def test_what_is_known_is_normalised_rather_than_ignored(sort: str) -> None:
    assert proposed(noisy(sort=sort)) == [("normalise", {"path": "$.a", "as": sort})]


def test_another_noisy_value_is_ignored_as_long_as_it_is_a_value() -> None:
    ((key, entry),) = proposed(noisy())
    assert key == "ignore"
    assert entry == {
        "path": "$.a", "reason": "another token in every answer", "until": date(2027, 2, 23), "kinds": ["values_changed"],
    }  # fmt: skip


def test_what_comes_and_goes_in_the_control_is_ignored_with_all_below() -> None:
    found = proposed(noisy(kind="dictionary_item_removed"), noisy("$.a.b"), noisy("$.ab", sort="uuid"))
    assert [(key, entry["path"]) for key, entry in found] == [("ignore", "$.a"), ("normalise", "$.ab")]


def test_what_the_candidate_alone_does_is_never_hidden() -> None:
    assert proposed(steady()) == []
    assert proposed(steady(sort="timestamp"), steady("$.b", sort="uuid"), steady("$.c", "type_changes", "mixed")) == []


def test_a_fault_within_noise_does_not_widen_the_rule() -> None:
    assert proposed(
        noisy(sort="uuid"), steady(kind="dictionary_item_removed", sort="mixed", differed=4, only_candidate=0)
    ) == [("normalise", {"path": "$.a", "as": "uuid"})]


def test_another_order_is_proposed_with_the_member_that_names_the_items() -> None:
    moved = steady("$.items[]", "iterable_item_moved", "mixed")
    assert proposed(moved) == [("unordered", {"path": "$.items"})]
    assert proposed(moved, steady("$.items[]", "iterable_item_removed", differed=3), key="id") == [
        ("unordered", {"path": "$.items", "key": "id"})
    ]


@pytest.mark.parametrize(
    ("apart", "tolerance"), [(0.005, 0.005), (0.004, 0.005), (5.7e-14, 1e-13), (1.0, 1.0), (0.11, 0.2)]
)
def test_rounding_is_proposed_as_the_smallest_round_tolerance(apart: float, tolerance: float) -> None:
    assert proposed(steady(sort="rounded", distance=apart)) == [("tolerance", {"$.a": tolerance})]


def test_numbers_written_otherwise_and_hosts_of_urls_are_normalised() -> None:
    assert proposed(steady(kind="type_changes", sort="rounded")) == [("normalise", {"path": "$.a", "as": "number"})]
    assert proposed(steady(sort="host")) == [("normalise", {"path": "$.a", "as": "url_host"})]


@pytest.mark.parametrize(
    "place", [noisy(differed=19), noisy(drifted=19), steady(sort="rounded", distance=0.1, differed=19)]
)
def test_what_differs_seldom_is_left_to_the_re_check(place: PlaceNoise) -> None:
    assert proposed(place) == []


@pytest.mark.parametrize("place", ["status", "body"])
def test_a_status_or_a_body_as_a_whole_is_never_hidden(place: str) -> None:
    assert proposed(noisy(place)) == []


def test_what_differs_more_often_than_noise_explains_is_told_of_instead() -> None:
    place = noisy(drifted=40, only_candidate=60, only_control=2, both=10, repeats=100)
    found, (warned,) = proposals("orders", [place], compared=100, asked_twice=100, today=TODAY, key_of=lambda _: None)
    assert found == []
    assert "differs in 70 of 100 (70 %) pairs, the control from itself in 12 of 100 (12 %)" in warned.why


def test_every_proposal_says_why() -> None:
    found, _ = proposals(
        "orders", [noisy(sort="uuid")], compared=100, asked_twice=100, today=TODAY, key_of=lambda _: None
    )
    assert found == [
        Proposal(
            "orders", "normalise", {"path": "$.a", "as": "uuid"},
            "the control disagreed with itself in 100 of 100 (100 %) pairs; values are UUIDs",
        )
    ]  # fmt: skip


def items(*ids: int, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "x", "id": id_, **more} for id_ in ids]


def test_the_member_that_names_items_is_unique_and_on_both_sides() -> None:
    assert key_among([(items(1, 2), items(2, 1)), (items(3), items(3))]) == "id"
    assert key_among([(items(1, 2), items(2, 3))]) is None
    assert key_among([(items(1, 1), items(1, 1))]) is None
    assert key_among([([1, 2], [2, 1])]) is None
    assert key_among([]) is None


def test_one_pair_with_a_fault_does_not_hide_what_names_the_items() -> None:
    assert key_among([(items(1, 2), items(2, 1))] * 9 + [(items(1, 2), items(2))]) == "id"


def test_a_usual_name_is_preferred() -> None:
    assert key_among([(items(1, 2, sku="a"), items(2, 1, sku="a"))]) == "id"
    assert key_among([([{"x": 1, "sku": 2}], [{"x": 1, "sku": 2}])]) == "sku"
