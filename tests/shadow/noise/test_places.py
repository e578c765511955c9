from __future__ import annotations

from shadow.model import Comparison, Difference, Kind
from shadow.noise.places import hits_of, places_seen
from shadow.noise.seen import RuleHit

CHANGED = Kind.VALUES_CHANGED


def differs(path: str, control: str = "1", candidate: str = "2", kind: Kind = CHANGED) -> Difference:
    return Difference(path, kind, control, candidate)


def test_a_place_tells_who_differed_there_and_how() -> None:
    seen = places_seen([differs("$.a[0]"), differs("$.a[7]", "1", "5"), differs("$.b")], [differs("$.b")], sampled=True)
    assert [(one.place, one.differed, one.drifted, one.sampled, one.sort) for one in seen] == [
        ("$.a[]", True, False, True, "integer"),
        ("$.b", True, True, True, "integer"),
    ]


def test_the_distance_is_that_of_what_differs_by_rounding() -> None:
    (rounded,) = places_seen(
        [differs("$.a[0]", "10.299999", "10.3"), differs("$.a[1]", "1.25", "1.3")], [], sampled=False
    )
    assert (rounded.sort, rounded.distance) == ("rounded", 1.3 - 1.25)
    (other,) = places_seen(
        [differs("$.a[0]", "10.299999", "10.3"), differs("$.a[1]", "1.25", "9.5")], [], sampled=False
    )
    assert (other.sort, round(other.distance, 6)) == ("mixed", 1e-06)


def test_what_rules_hid_is_counted_by_rule_and_kind() -> None:
    comparison = Comparison(
        (),
        waived=((differs("$.a"), "$.a"), (differs("$.a"), "$.a"), (differs("$.a", kind=Kind.TYPE_CHANGES), "$.a")),
        normalised=((differs("$.t"), "$.t as timestamp"),),
        hidden=(("$.l unordered", Kind.ITERABLE_ITEM_MOVED, 1), ("$.n within 0.1", Kind.VALUES_CHANGED, 7)),
    )
    assert hits_of(comparison) == (
        RuleHit("$.a", "values_changed", 2),
        RuleHit("$.a", "type_changes", 1),
        RuleHit("$.t as timestamp", "values_changed", 1),
        RuleHit("$.l unordered", "iterable_item_moved", 1),
        RuleHit("$.n within 0.1", "values_changed", 7),
    )
