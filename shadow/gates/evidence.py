"""Is there enough evidence?"""

from __future__ import annotations

from shadow.evidence.e_value import ALPHA
from shadow.figures import Figures, Finding, hours, percent, plural
from shadow.model import Verdict


def gate(figures: Figures) -> Finding | None:
    """Not yet, until the evidence rules out, with an error rate of 5 % over all routes and under any number of looks, that the
    mismatch rate is at the limit or above. A target of 100 % cannot be proven: inconclusive."""
    if not figures.shadowed:
        return None
    target, among = percent(figures.summary.target), _among(figures)
    if not figures.provable:
        return Finding(
            Verdict.INCONCLUSIVE,
            f"a target of {target} can never be proven by comparing: set ready.target below 100 %",
        )
    so_far = f"{figures.wrong:,} wrong in {plural(figures.pairs, 'compared pair')}{_repeats(figures)}"
    if more := figures.clean_needed:
        needed = f"{plural(more, 'more clean pair')} needed for {target}{among}{_time(figures)}"
        return Finding(Verdict.NOT_YET, f"{so_far}: {needed}")
    ruled_out = f"a mismatch rate of {percent(figures.limit)} or more is ruled out"
    return Finding(Verdict.READY, f"{so_far}: {ruled_out} (error rate {percent(ALPHA)}{among})")


def _repeats(figures: Figures) -> str:
    if figures.pairs == figures.compared:
        return ""
    return f" ({figures.pairs:,} of {figures.compared:,} pairs count; the rest are repeats)"


def _among(figures: Figures) -> str:
    return f" among {figures.bar.routes:,} routes" if figures.bar.routes > 1 else ""


def _time(figures: Figures) -> str:
    if figures.per_hour is None or figures.hours_needed is None:
        return ""
    rate = f"{figures.per_hour:,.0f}" if figures.per_hour >= 10 else f"{figures.per_hour:.2g}"
    return f"; at the present rate of {rate} an hour, {hours(figures.hours_needed)}"


GATE = gate
