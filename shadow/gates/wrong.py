"""Is the candidate wrong too often?"""

from __future__ import annotations

from typing import Final

from shadow.evidence.e_value import ALPHA, e_value_against
from shadow.figures import Figures, Finding, percent, share_of, short
from shadow.model import Outcome, Verdict

SHOWN: Final = 3
_NAMES: Final = {
    Outcome.MISMATCH: "mismatch",
    Outcome.CANDIDATE_ERROR: "candidate error",
    Outcome.CANDIDATE_TIMEOUT: "candidate timeout",
}


def gate(figures: Figures) -> Finding | None:
    """The evidence says that the mismatch rate is above the limit: blocked. Errors and timeouts of the candidate are wrong
    answers too. A single stray mismatch among thousands does not block."""
    if not figures.wrong or not figures.provable:
        return None
    if e_value_against(figures.wrong, figures.pairs, figures.limit) < 1 / ALPHA:
        return None
    kinds = ", ".join(
        f"{name} {figures.count(outcome):,}" for outcome, name in _NAMES.items() if figures.count(outcome)
    )
    repeats = "" if figures.pairs == figures.compared else ", repeats included"
    return Finding(
        Verdict.BLOCKED,
        f"{share_of(figures.wrong, figures.pairs)} compared pairs were wrong, more than {percent(figures.limit)} allows: "
        f"{kinds}{repeats}{_worst(figures)}",
    )


def _worst(figures: Figures) -> str:
    """The signatures that block, most frequent first."""
    worst = figures.summary.signatures[:SHOWN]
    named = (f"{short(one.path)} {one.kind} {one.count:,}x ({one.id})" for one in worst)
    return f"; most of all {', '.join(named)}" if worst else ""


GATE = gate
