"""The report as JUnit's XML: one case for each route. Blocked is a failure; what is not decided is skipped, with its reason. Pure."""

from __future__ import annotations

from typing import Final

from console.evidence_text import evidence_lines
from console.junit import Case, junit
from console.report import Document, counts_line
from shadow.figures import plural
from shadow.model import Verdict

_BAD: Final = {Verdict.BLOCKED: "failure", Verdict.NOT_YET: "skipped", Verdict.INCONCLUSIVE: "skipped"}


def report_junit(report: Document) -> str:
    title = f"strangler report, table version {report['table_version']}"
    return junit(title, [("routes", [_case(route) for route in report["routes"]])], report["generated_at"])


def _case(route: Document) -> Case:
    verdict = route["readiness"]["verdict"]
    reasons = route["readiness"]["reasons"]
    return Case(
        group=f"routes.{route['stage']}",
        name=route["route"],
        bad=_BAD.get(Verdict(verdict)),
        message=f"{verdict}: {reasons[0]}" if reasons else verdict,
        details=[*reasons, *map(_signature, route["signatures"])],
        output=[fact for fact in (counts_line(route), *evidence_lines(route)) if fact],
    )


def _signature(signature: Document) -> str:
    sides = (signature[f"{side}_example"] for side in ("control", "candidate"))
    control, candidate = ("(absent)" if value is None else value for value in sides)
    return (
        f"{signature['id']} {plural(signature['count'], 'time')} {signature['path']} {signature['kind']}: "
        f"{control} -> {candidate} (pair {signature['example_pair']}, {signature['triage']['state']})"
    )
