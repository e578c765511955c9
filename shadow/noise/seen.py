"""What is recorded of the places at which one pair differs, and of the rules that hid something there. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class PlaceSeen:
    """One place and kind in one pair. ``differed``: control and candidate; ``drifted``: the control and itself; ``sampled``: the dice
    chose this pair for asking the control twice. ``sort`` is that of its differences (``value_class``), ``distance`` the largest of
    those by rounding."""

    place: str
    kind: str
    differed: bool = False
    drifted: bool = False
    sampled: bool = False
    sort: str = ""
    distance: float = 0.0


@dataclass(frozen=True, slots=True)
class RuleHit:
    """How many differences of one kind a rule hid in one pair."""

    rule: str
    kind: str
    count: int
