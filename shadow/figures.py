"""What gates look at and what they say."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from proxy.model.decision import NOT_LOST, Skip
from shadow.evidence.e_value import clean_needed, limit_of
from shadow.model import ALONE, COMPARABLE, WRONG, Bar, Outcome, RouteSummary, Verdict

LEAST_SECONDS: Final = 600.0
"""No rate is told from less."""

UNSHADOWED: Final = frozenset({"legacy", "retired"})
"""Stages in which there is no second side to compare with."""

_NOT_LOST: Final = frozenset(str(skip) for skip in NOT_LOST)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one gate says: the best verdict that it allows, and why, in one sentence with its figures."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Figures:
    """A route's summary, the time (Unix seconds), the evidence that it needs, and the sums that several gates need."""

    summary: RouteSummary
    now: float
    bar: Bar = ALONE

    @cached_property
    def compared(self) -> int:
        """All pairs that say something about the candidate."""
        return self.count(*COMPARABLE)

    @cached_property
    def pairs(self) -> int:
        """n: those of them that count, which repeats do not."""
        return max(0, self.compared - sum(self.summary.repeats))

    @cached_property
    def wrong(self) -> int:
        """k: pairs that count in which the candidate was wrong."""
        return min(self.pairs, max(0, self.count(*WRONG) - self.summary.repeats[1]))

    @cached_property
    def clean_needed(self) -> int:
        """How many more pairs, all of them clean; 0 if none, or if no number would do."""
        return clean_needed(self.wrong, self.pairs, self.limit, 1 / self.bar.height) if self.provable else 0

    @cached_property
    def per_hour(self) -> float | None:
        """How fast pairs that count have come of late, None if there are too few to tell."""
        if self.summary.recent is None:
            return None
        pairs, since = self.summary.recent
        return pairs / (self.now - since) * 3600 if pairs and self.now - since >= LEAST_SECONDS else None

    @property
    def hours_needed(self) -> float | None:
        """For ``clean_needed`` pairs at the present rate."""
        return self.clean_needed / self.per_hour if self.per_hour else None

    @cached_property
    def lost(self) -> dict[str, int]:
        """What neither the table nor the client chose to leave out, by reason, most frequent first."""
        lost = {reason: n for reason, n in self.summary.skipped.items() if str(reason) not in _NOT_LOST and n > 0}
        return dict(sorted(lost.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def shadowed(self) -> bool:
        """Whether anything is, or may yet be, compared."""
        summary = self.summary
        if any(summary.outcomes.values()) or summary.copied:
            return True
        return (
            summary.candidate is not None
            and summary.stage not in UNSHADOWED
            and not summary.skipped.get(Skip.NO_SHADOW)
        )

    @property
    def limit(self) -> float:
        """p0: the largest acceptable mismatch rate."""
        return limit_of(self.summary.target)

    @property
    def provable(self) -> bool:
        return 0.0 < self.limit < 1.0

    def count(self, *outcomes: Outcome) -> int:
        return sum(self.summary.outcomes.get(outcome, 0) for outcome in outcomes)


Gate = Callable[[Figures], Finding | None]


def percent(share: float) -> str:
    """``0.001`` as ``0.1 %`` and ``0.9999`` as ``99.99 %``: three digits that count, from either end."""
    value = share * 100
    small = min(value, 100 - value)
    decimals = min(10, max(0, 2 - math.floor(math.log10(small)))) if small > 0 else 0
    return f"{float(f'{value:.{decimals}f}'):.12g} %"


def share_of(part: int, whole: int) -> str:
    """``3 of 1,200 (0.25 %)``: a percentage never stands without its denominator."""
    return f"{part:,} of {whole:,} ({percent(part / whole)})" if whole else f"{part:,} of {whole:,}"


def hours(count: float) -> str:
    """About how long: nobody plans by the minute."""
    if count < 1:
        return "less than an hour"
    return (
        f"about {plural(math.ceil(count), 'hour')}" if count <= 48 else f"about {plural(math.ceil(count / 24), 'day')}"
    )


def short(text: str, most: int = 60) -> str:
    """Of a name that others chose, so much that a sentence with it stays one."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
