"""The nouns of comparing."""

from __future__ import annotations

from shadow.model import Difference, Kind


def test_the_place_of_a_difference_has_no_index() -> None:
    assert Difference("$.items[3].price", Kind.VALUES_CHANGED, "1", "2").place == "$.items[].price"
    assert Difference("header:location", Kind.VALUES_CHANGED, '"/a"', '"/b"').place == "header:location"
