from __future__ import annotations

import math

from shadow.model import Comparison, Difference, Kind
from shadow.places import RuleHit, hits_of, places_seen

CHANGED = Kind.VALUES_CHANGED


def differs(path: str, control: str = "1", candidate: str = "2", kind: Kind = CHANGED) -> Difference:
    return Difference(path, kind, control, candidate)


def test_a_place_tells_who_differed_there_and_how() -> None:
    seen = places_seen([differs("$.a[0]"), differs("$.a[7]", "1", "5"), differs("$.b")], [differs("$.b")], sampled=True)
    assert [(one.place, one.differed, one.drifted, one.sampled, one.distance) for one in seen] == [
        ("$.a[]", True, False, True, 4.0),
        ("$.b", True, True, True, 1.0),
    ]


def test_what_is_no_number_has_no_distance() -> None:
    (changed, typed) = places_seen(
        [differs("$.a", '"x"', '"y"'), differs("$.b", "1", "true", Kind.TYPE_CHANGES)], [], sampled=False
    )
    assert (changed.distance, typed.distance) == (math.inf, math.inf)
    assert (changed.values, typed.values) == ("text", "mixed")


def test_what_rules_hid_is_counted_by_rule_and_kind() -> None:
    comparison = Comparison(
        (),
        waived=((differs("$.a"), "$.a"), (differs("$.a"), "$.a"), (differs("$.a", kind=Kind.TYPE_CHANGES), "$.a")),
        normalised=((differs("$.t"), "$.t as timestamp"),),
    )
    assert hits_of(comparison) == (
        RuleHit("$.a", "values_changed", 2),
        RuleHit("$.a", "type_changes", 1),
        RuleHit("$.t as timestamp", "values_changed", 1),
    )
