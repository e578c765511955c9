"""The outcome of a pair: is a difference the candidate's fault, a race, or does the control not agree with itself?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from proxy.model.table import CompareRules
from shadow.compare import DEFAULT_LIMITS, NO_ORIGINS, Limits, Origins, alike, compare
from shadow.model import Answer, Comparison, Difference, Outcome
from shadow.noise.drift import beyond_noise


@dataclass(frozen=True, slots=True)
class Classified:
    """``outcome`` is None if the answers could not be compared (``comparison.undecodable`` says why). ``comparison.differences``
    are those that count against the candidate: none unless the outcome is MISMATCH or CANDIDATE_ERROR. ``noisy_places`` are
    where the control disagreed with itself. ``differing`` are all differences before anything explained them, ``drift`` those
    between the control's two answers."""

    outcome: Outcome | None
    comparison: Comparison
    noisy_places: tuple[str, ...] = ()
    differing: tuple[Difference, ...] = ()
    drift: tuple[Difference, ...] = ()

    @property
    def compared(self) -> Comparison:
        """What comparing the two answers gave, before anything explained it."""
        return replace(self.comparison, differences=self.differing)


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
    compared: Comparison | None = None,
) -> Classified:
    """Compare and say what it means. ``again`` is the control's second answer, if it was asked once more; ``compared`` what comparing
    the first two gave, if that is known from before.

    No difference: MATCH, or WAIVED if a waiver hid one. Else, in this order: the control answered 5xx: CONTROL_ERROR, as
    such an answer is no measure (two equal 5xx are a match). The second control answer equals the candidate's: STALE.
    The control disagrees with itself wherever they differ: NOISE. The candidate answered 5xx: CANDIDATE_ERROR. Else MISMATCH.
    """
    differ = partial(compare, rules=rules, today=today, limits=limits)
    comparison = compared or differ(control, candidate, origins=origins)
    drift: tuple[Difference, ...] = ()
    if again is not None and alike(control, again, rules, today):
        again = None  # it says nothing that the first answer has not said
    if again is not None:
        drift = differ(control, again, origins=replace(origins, candidate=origins.control)).differences
    noisy = tuple(sorted({difference.place for difference in drift}))
    differing = comparison.differences

    def classified(outcome: Outcome | None, counting: tuple[Difference, ...] = ()) -> Classified:
        return Classified(outcome, replace(comparison, differences=counting), noisy, differing, drift)

    if not differing:
        return classified(_without_difference(comparison))
    if control.status >= 500:
        return classified(Outcome.CONTROL_ERROR)
    if again is not None and _equal(differ(again, candidate, origins=origins)):
        return classified(Outcome.STALE)
    counting = beyond_noise(differing, drift)
    if not counting:
        return classified(Outcome.NOISE)
    return classified(Outcome.CANDIDATE_ERROR if candidate.status >= 500 else Outcome.MISMATCH, counting)


def _without_difference(comparison: Comparison) -> Outcome | None:
    if comparison.undecodable is not None:
        return None
    return Outcome.WAIVED if comparison.waived else Outcome.MATCH


def _equal(comparison: Comparison) -> bool:
    return not comparison.differences and comparison.undecodable is None
