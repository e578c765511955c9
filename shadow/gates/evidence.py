"""Is there enough evidence?"""

from __future__ import annotations

from shadow.evidence import ALPHA, clean_needed
from shadow.figures import Figures, Finding, percent, plural
from shadow.model import Verdict


def gate(figures: Figures) -> Finding | None:
    """Not yet, until the evidence rules out, with an error rate of 5 % under any number of looks, that the mismatch rate is at
    the limit or above. A target of 100 % cannot be proven: inconclusive."""
    if not figures.shadowed:
        return None
    if not figures.provable:
        return Finding(
            Verdict.INCONCLUSIVE,
            f"a target of {percent(figures.summary.target)} can never be proven by comparing: set ready.target below 100 %",
        )
    so_far = f"{figures.wrong:,} wrong in {plural(figures.pairs, 'compared pair')}"
    more = clean_needed(figures.wrong, figures.pairs, figures.limit)
    if more:
        return Finding(
            Verdict.NOT_YET,
            f"{so_far}: {plural(more, 'more clean pair')} needed for {percent(figures.summary.target)}",
        )
    return Finding(
        Verdict.READY,
        f"{so_far}: a mismatch rate of {percent(figures.limit)} or more is ruled out (error rate {percent(ALPHA)})",
    )


GATE = gate
