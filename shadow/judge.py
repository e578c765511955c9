"""The verdict on a route: every gate says what it allows, and the gravest of their verdicts is the route's."""

from __future__ import annotations

from typing import Final

from shadow import gates
from shadow.evidence import clean_needed
from shadow.figures import Figures, Gate
from shadow.folder import found_in
from shadow.model import Readiness, RouteSummary, Verdict

PRECEDENCE: Final = (Verdict.BLOCKED, Verdict.INCONCLUSIVE, Verdict.NOT_YET, Verdict.READY)
"""Gravest first. Blocked comes before inconclusive: what is known to be wrong stays wrong, whatever else is missing."""

_GATES: Final[tuple[Gate, ...]] = found_in(gates, "GATE")


def judge(summary: RouteSummary, *, now: float) -> Readiness:
    """May this route move? ``now`` is Unix time. The reasons are sentences with their figures, the gravest first."""
    figures = Figures(summary, now)
    findings = [finding for gate in _GATES if (finding := gate(figures)) is not None]
    findings.sort(key=lambda finding: PRECEDENCE.index(finding.verdict))
    verdict = findings[0].verdict
    return Readiness(
        verdict=verdict,
        target=summary.target,
        clean_needed=clean_needed(figures.wrong, figures.pairs, figures.limit) if figures.provable else 0,
        reasons=tuple(finding.reason for finding in findings),
    )
