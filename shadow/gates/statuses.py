"""Does the candidate fail more often than the control?"""

from __future__ import annotations

from typing import Final

from shadow.evidence.e_value import ALPHA, e_value_against
from shadow.figures import Figures, Finding, percent, share_of
from shadow.model import Verdict

MARGIN: Final = 0.001
"""By less than this share of the pairs nobody would notice."""


def gate(figures: Figures) -> Finding | None:
    """The candidate answers 5xx more often than the control, by the evidence of the pairs in which just one of them did, and by more
    than 0.1 % of the pairs: blocked."""
    pairs = {classes: n for classes, n in figures.summary.statuses.items() if "none" not in classes}
    candidate = sum(n for (_, theirs), n in pairs.items() if theirs == "5xx")
    control = sum(n for (ours, _), n in pairs.items() if ours == "5xx")
    both, whole = pairs.get(("5xx", "5xx"), 0), sum(pairs.values())
    worse, better = candidate - both, control - both
    if worse - better <= MARGIN * whole or e_value_against(worse, worse + better, 0.5) < 1 / ALPHA:
        return None
    return Finding(
        Verdict.BLOCKED,
        f"the candidate answered 5xx in {share_of(candidate, whole)} pairs, the control in {control:,} "
        f"({percent(control / whole)})",
    )


GATE = gate
