"""What rules hide, counted for each; one that begins to hide a new kind of difference is told of. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from proxy.model.table import CompareRules, tolerance_label

SETTLED: Final = 20
"""Pairs after which it is known what a rule hides; a kind that appears later is news."""


@dataclass(frozen=True, slots=True)
class RuleUse:
    """Differences of one kind that one rule hid: in how many pairs, how many, in how many pairs it had hidden something before this
    kind was first seen; times are Unix seconds."""

    rule: str
    kind: str
    pairs: int
    n: int
    earlier: int
    first_seen: float
    last_seen: float

    @property
    def is_news(self) -> bool:
        return self.earlier >= SETTLED


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a route as reports name it: ``label`` is what hits are counted under."""

    label: str
    sort: str
    path: str
    reason: str | None = None
    author: str | None = None
    until: str | None = None


def rules_of(compare: CompareRules) -> list[Rule]:
    """The rules that hide something, in the order of the table's keys."""
    waivers = [
        Rule(
            waiver.path,
            "ignore",
            waiver.path,
            waiver.reason,
            waiver.author,
            str(waiver.until) if waiver.until else None,
        )
        for waiver in compare.ignore
    ]
    normalisers = [Rule(one.label, f"normalise as {one.name}", one.path, one.reason) for one in compare.normalise]
    orders = [Rule(one.label, "unordered", one.path) for one in compare.unordered]
    tolerances = [
        Rule(tolerance_label(path, distance), f"tolerance {distance:g}", path) for path, distance in compare.tolerance
    ]
    return waivers + normalisers + orders + tolerances


def unused(compare: CompareRules, uses: Iterable[RuleUse]) -> list[Rule]:
    """Rules that hid nothing."""
    used = {use.rule for use in uses}
    return [rule for rule in rules_of(compare) if rule.label not in used]
