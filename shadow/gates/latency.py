"""Is the candidate as fast?"""

from __future__ import annotations

from typing import Final

from shadow.figures import Figures, Finding
from shadow.model import Latency, Verdict

RATIO: Final = 1.5
MILLISECONDS: Final = 20.0
PAIRS: Final = 20
"""Fewer pairs tell more about cold caches than about the candidate."""


def gate(figures: Figures) -> Finding | None:
    """The candidate takes more than 1.5 times as long as the control, pair by pair: the whole 95 % interval of the median ratio lies
    above, in at least 20 pairs; and the medians are more than 20 ms apart: blocked. The 99th percentile is shown beside it."""
    summary = figures.summary
    control, candidate, ratio = summary.control_latency, summary.candidate_latency, summary.ratio
    if control.p50 is None or candidate.p50 is None or ratio is None or ratio.pairs < PAIRS:
        return None
    if ratio.low <= RATIO or candidate.p50 - control.p50 <= MILLISECONDS:
        return None
    return Finding(
        Verdict.BLOCKED,
        f"the candidate is slower in {ratio.pairs:,} pairs: {ratio.median:.2f} times as long in the median pair "
        f"(95 %: {ratio.low:.2f} to {ratio.high:.2f}); median {_ms(control, candidate, 'p50')}, "
        f"99th percentile {_ms(control, candidate, 'p99')}",
    )


def _ms(control: Latency, candidate: Latency, quantile: str) -> str:
    ours, theirs = getattr(control, quantile), getattr(candidate, quantile)
    if ours is None or theirs is None:
        return "unknown"
    return f"{theirs:.0f} ms, control {ours:.0f} ms"


GATE = gate
