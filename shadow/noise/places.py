"""What one pair says of the places at which it differs: its share of the statistics in ``excess``, and what each rule hid. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from shadow.model import Comparison, Difference
from shadow.noise.seen import PlaceSeen, RuleHit
from shadow.noise.value_class import ROUNDED, difference_class, distance, joined


def places_seen(
    differences: Iterable[Difference], drift: Iterable[Difference], *, sampled: bool
) -> tuple[PlaceSeen, ...]:
    """``differences`` are the pair's before anything explains them, ``drift`` those between the control's two answers."""
    found: dict[tuple[str, str], PlaceSeen] = {}
    for own, those in ((False, differences), (True, drift)):
        for difference in those:
            key = difference.place, str(difference.kind)
            seen = found.get(key)
            if seen is None:
                seen = found[key] = PlaceSeen(*key, sampled=sampled)
            seen.drifted |= own
            seen.differed |= not own
            _learn(seen, difference)
    return tuple(found.values())


def hits_of(comparison: Comparison) -> tuple[RuleHit, ...]:
    """What the rules hid in one pair."""
    hidden = (*comparison.waived, *comparison.normalised)
    counts = Counter((rule, str(difference.kind)) for difference, rule in hidden)
    counts.update({(rule, str(kind)): count for rule, kind, count in comparison.hidden})
    return tuple(RuleHit(rule, kind, count) for (rule, kind), count in counts.items())


def _learn(seen: PlaceSeen, difference: Difference) -> None:
    sort = difference_class(difference.control, difference.candidate)
    seen.sort = joined(seen.sort, sort)
    if sort == ROUNDED:
        seen.distance = max(seen.distance, distance(difference.control, difference.candidate))
