"""The verdict on a route: every gate says what it allows, and the gravest of their verdicts is the route's."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shadow import gates
from shadow.evidence.bars import bars
from shadow.evidence.e_value import e_value
from shadow.figures import Figures, Finding, Gate
from shadow.folder import found_in
from shadow.gates import evidence
from shadow.model import ALONE, Bar, Readiness, RouteSummary, Verdict

PRECEDENCE: Final = (Verdict.BLOCKED, Verdict.INCONCLUSIVE, Verdict.NOT_YET, Verdict.READY)
"""Gravest first. Blocked comes before inconclusive: what is known to be wrong stays wrong, whatever else is missing."""

_GATES: Final[tuple[Gate, ...]] = found_in(gates, "GATE")
_BESIDE_EVIDENCE: Final = tuple(gate for gate in _GATES if gate is not evidence.GATE)


def judge(summary: RouteSummary, *, now: float, bar: Bar = ALONE) -> Readiness:
    """May this route move? ``now`` is Unix time, ``bar`` the evidence that it needs, given the other routes. The reasons are sentences
    with their figures, the gravest first."""
    figures = Figures(summary, now, bar)
    findings = _findings(figures, _GATES)
    findings.sort(key=lambda finding: PRECEDENCE.index(finding.verdict))
    return Readiness(
        verdict=findings[0].verdict,
        target=summary.target,
        clean_needed=figures.clean_needed,
        reasons=tuple(finding.reason for finding in findings),
        pairs=figures.pairs,
        wrong=figures.wrong,
        evidence=_evidence(figures),
        bar=figures.bar,
        hours_needed=figures.hours_needed,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One gate: what it asks, and what it says; None if it has nothing against the route."""

    gate: str
    question: str
    finding: Finding | None


def lines_of(summary: RouteSummary, *, now: float, bar: Bar = ALONE) -> list[Line]:
    """What every gate says of the route, those that keep it back first, the gravest of them at the top."""
    figures = Figures(summary, now, bar)
    lines = [Line(_name(gate), _question(gate), gate(figures)) for gate in _GATES]
    return sorted(lines, key=lambda line: PRECEDENCE.index(line.finding.verdict if line.finding else Verdict.READY))


def _name(gate: Gate) -> str:
    return gate.__module__.rpartition(".")[2]


def _question(gate: Gate) -> str:
    return (sys.modules[gate.__module__].__doc__ or "").strip()


def bars_of(summaries: Iterable[RouteSummary], *, now: float) -> dict[str, Bar]:
    """What each route that is judged needs, given the others: those with a candidate that is shadowed.

    A route that another gate keeps back is not called ready, so it must not lower the bar for the others: its E counts as 0.
    """
    judged = [figures for summary in summaries if (figures := Figures(summary, now)).shadowed and figures.provable]
    return bars(
        {
            figures.summary.route: 0.0 if _findings(figures, _BESIDE_EVIDENCE) else _evidence(figures)
            for figures in judged
        }
    )


def _findings(figures: Figures, asked: tuple[Gate, ...]) -> list[Finding]:
    return [finding for gate in asked if (finding := gate(figures)) is not None]


def _evidence(figures: Figures) -> float:
    return e_value(figures.wrong, figures.pairs, figures.limit) if figures.provable else 0.0
