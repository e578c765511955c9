"""The outcome of a pair: is a difference the candidate's fault, a race, or does the control not agree with itself?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from proxy.model.table import CompareRules
from shadow.compare import DEFAULT_LIMITS, NO_ORIGINS, Limits, Origins, compare
from shadow.drift import beyond_noise
from shadow.model import Answer, Comparison, Outcome


@dataclass(frozen=True, slots=True)
class Classified:
    """``outcome`` is None if the answers could not be compared (``comparison.undecodable`` says why). ``comparison.differences``
    are those that count against the candidate: none unless the outcome is MISMATCH or CANDIDATE_ERROR. ``noisy_places`` are
    where the control disagreed with itself."""

    outcome: Outcome | None
    comparison: Comparison
    noisy_places: tuple[str, ...] = ()


def needs_recheck(comparison: Comparison) -> bool:
    """Whether it is worth asking the control once more: something counts as different."""
    return bool(comparison.differences)


def classify(
    control: Answer,
    candidate: Answer,
    again: Answer | None,
    rules: CompareRules,
    *,
    today: date | None,
    limits: Limits = DEFAULT_LIMITS,
    origins: Origins = NO_ORIGINS,
) -> Classified:
    """Compare and say what it means. ``again`` is the control's second answer, if it was asked once more.

    No difference: MATCH, or WAIVED if a waiver hid one. Else, in this order: the control answered 5xx: CONTROL_ERROR, as
    such an answer is no measure (two equal 5xx are a match). The second control answer equals the candidate's: STALE.
    The control disagrees with itself wherever they differ: NOISE. The candidate answered 5xx: CANDIDATE_ERROR. Else MISMATCH.
    """
    comparison = compare(control, candidate, rules, today=today, limits=limits, origins=origins)
    if not comparison.differences:
        return _without_difference(comparison)
    if control.status >= 500:
        return Classified(Outcome.CONTROL_ERROR, replace(comparison, differences=()))
    counting = comparison.differences
    noisy: tuple[str, ...] = ()
    if again is not None:
        if _equal(compare(again, candidate, rules, today=today, limits=limits, origins=origins)):
            return Classified(Outcome.STALE, replace(comparison, differences=()))
        own = replace(origins, candidate=origins.control)
        drift = compare(control, again, rules, today=today, limits=limits, origins=own)
        noisy = tuple(sorted({difference.place for difference in drift.differences}))
        counting = beyond_noise(counting, drift.differences)
    if not counting:
        return Classified(Outcome.NOISE, replace(comparison, differences=()), noisy)
    outcome = Outcome.CANDIDATE_ERROR if candidate.status >= 500 else Outcome.MISMATCH
    return Classified(outcome, replace(comparison, differences=counting), noisy)


def _without_difference(comparison: Comparison) -> Classified:
    if comparison.undecodable is not None:
        return Classified(None, comparison)
    return Classified(Outcome.WAIVED if comparison.waived else Outcome.MATCH, comparison)


def _equal(comparison: Comparison) -> bool:
    return not comparison.differences and comparison.undecodable is None
