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
    """The candidate's median is more than 1.5 times and more than 20 ms above the control's, in at least 20 pairs: blocked. The
    99th percentile is shown beside it."""
    control, candidate = figures.summary.control_latency, figures.summary.candidate_latency
    if control.p50 is None or candidate.p50 is None or figures.pairs < PAIRS:
        return None
    if candidate.p50 <= RATIO * control.p50 or candidate.p50 - control.p50 <= MILLISECONDS:
        return None
    return Finding(
        Verdict.BLOCKED,
        f"the candidate is slower in {figures.pairs:,} pairs: median {_ms(control, candidate, 'p50')}, "
        f"99th percentile {_ms(control, candidate, 'p99')}",
    )


def _ms(control: Latency, candidate: Latency, quantile: str) -> str:
    ours, theirs = getattr(control, quantile), getattr(candidate, quantile)
    if ours is None or theirs is None:
        return "unknown"
    ratio = f" ({theirs / ours:.1f} times)" if ours > 0 else ""
    return f"{theirs:.0f} ms, control {ours:.0f} ms{ratio}"


GATE = gate
