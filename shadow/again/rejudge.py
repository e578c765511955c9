"""Stored pairs under changed rules: what would the verdicts have been?

Only a sample of the pairs is kept: some of each signature and outcome a day. So a kept pair stands for others of its signatures
and its outcome, and the new counts are estimates, exact where everything was kept. Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction

from proxy.model.plan import Plan
from proxy.model.table import CompareRules
from shadow.again.stored import Incomplete, answer_of
from shadow.classify import classify
from shadow.compare import Origins
from shadow.model import Outcome, RouteSummary
from shadow.signature import Signature, signature_id, signatures_of
from shadow.store.records import StoredPair

UNCHANGED = frozenset({Outcome.CONTROL_ERROR, Outcome.CANDIDATE_ERROR, Outcome.CANDIDATE_TIMEOUT})
"""Outcomes that no rule can change where there is no second answer."""


@dataclass(frozen=True, slots=True)
class Way:
    """What became of one kept pair. ``sorts`` are the ids of the signatures that it was kept for."""

    pair: str
    before: Outcome
    after: Outcome
    sorts: tuple[str, ...] = ()


@dataclass(slots=True)
class Rejudged:
    """One route's kept pairs: how many were judged again, how many could not be and why, and what became of each.
    ``signatures`` are those that the new rules leave, by path and kind, with the number of kept pairs that show them."""

    route: str
    unusable: Counter[str] = field(default_factory=Counter)
    ways: list[Way] = field(default_factory=list)
    signatures: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def changed(self) -> list[Way]:
        """Those whose outcome is another one now."""
        return [way for way in self.ways if way.after is not way.before]


def rejudge(route: str, pairs: Iterable[StoredPair], rules: CompareRules, plan: Plan | None) -> Rejudged:
    """Judge the kept pairs of one route by ``rules``. Waivers are held against the day of the pair. ``plan`` tells the
    backends' own addresses."""
    origins = Origins()
    if plan is not None:
        origins = Origins(plan.urls.get(plan.control, ()), plan.urls.get(plan.candidate or "", ()))
    again = Rejudged(route)
    for pair in pairs:
        try:
            outcome, signatures = _outcome(pair, rules, origins)
        except Incomplete as error:
            again.unusable[str(error)] += 1
            continue
        again.ways.append(Way(pair.id, pair.outcome, outcome, _sorts(pair)))
        again.signatures.update({(signature.path, str(signature.kind)) for signature in signatures})
    return again


def estimated(summary: RouteSummary, again: Rejudged) -> RouteSummary:
    """The route's summary as it would be: each outcome's pairs go the ways of those that were kept of it. Outcomes of which
    nothing could be judged again stay as they were."""
    weights = _weights(summary, again.ways)
    shares: dict[Outcome, dict[Outcome, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for way, weight in zip(again.ways, weights, strict=True):
        shares[way.before][way.after] += weight
    outcomes: Counter[Outcome] = Counter()
    for before, count in summary.outcomes.items():
        outcomes.update(_shared_out(count, shares[before]) if before in shares else {before: count})
    signatures = tuple(one for one in summary.signatures if (one.path, one.kind) in again.signatures)
    return replace(summary, outcomes=dict(outcomes), signatures=signatures if again.ways else summary.signatures)


def _weights(summary: RouteSummary, ways: list[Way]) -> list[Fraction]:
    """How many pairs each kept one stands for: as many as there are of its rarest signature, for that one had it kept."""
    seen = {signature.id: signature.count for signature in summary.signatures}
    kept = Counter(sort for way in ways for sort in way.sorts)
    return [
        min((Fraction(max(seen.get(sort, 1), kept[sort]), kept[sort]) for sort in way.sorts), default=Fraction(1))
        for way in ways
    ]


def _outcome(pair: StoredPair, rules: CompareRules, origins: Origins) -> tuple[Outcome, tuple[Signature, ...]]:
    if pair.outcome in UNCHANGED and (pair.control is None or pair.candidate is None):
        return pair.outcome, ()
    control, candidate = answer_of(pair.control), answer_of(pair.candidate)
    again = None if pair.again is None else answer_of(pair.again)
    today = datetime.fromtimestamp(pair.at, UTC).date()
    classified = classify(control, candidate, again, rules, today=today, origins=origins)
    if classified.outcome is None:
        raise Incomplete(classified.comparison.undecodable or "it could not be compared")
    return classified.outcome, signatures_of(pair.route, classified.comparison)


def _sorts(pair: StoredPair) -> tuple[str, ...]:
    places = {(difference.place, difference.kind) for difference in pair.differences}
    return tuple(sorted(signature_id(pair.route, place, kind) for place, kind in places))


def _shared_out(count: int, ways: dict[Outcome, Fraction]) -> dict[Outcome, int]:
    """``count`` shared out as ``ways`` are, in whole numbers that add up: what is left over goes to the largest remainders."""
    whole = sum(ways.values())
    exact = {outcome: Fraction(count * share, whole) for outcome, share in ways.items()}
    left = count - sum(int(share) for share in exact.values())
    by_remainder = sorted(exact, key=lambda outcome: int(exact[outcome]) - exact[outcome])
    return {outcome: int(share) + (outcome in by_remainder[:left]) for outcome, share in exact.items()}
