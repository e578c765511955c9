"""The report for people: one line per route, worst first; below, what keeps a route from moving. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from console.evidence_text import evidence_lines
from console.report import Document, counts_line, wrong
from console.rules_text import rules_lines, rules_warnings
from console.terminal import VERDICT_STYLES, plain_table, safe
from shadow.figures import plural, share_of
from shadow.triage import State

MOST_SIGNATURES = 10
"""Of one route; ``strangler diffs`` lists them all."""


def report_text(report: Document, options: str = "") -> RenderableType:
    """``options`` are what a command about the same store has to be given too."""
    routes = report["routes"]
    if not routes:
        return Text("No route in the table: everything goes to legacy, and nothing is compared.")
    return Group(
        Text(
            f"Table version {report['table_version']}, {plural(len(routes), 'route')}, {report['generated_at'][:19]}Z\n"
        ),
        _overview(routes),
        *(part for route in routes for part in _section(route, options)),
    )


def _overview(routes: list[Document]) -> RenderableType:
    table = plain_table(
        "route",
        "stage",
        "verdict",
        "seen",
        "copied",
        "compared",
        "wrong",
        right=frozenset({"seen", "copied", "compared"}),
    )
    table.columns[0].max_width = 24
    for route in routes:
        verdict = route["readiness"]["verdict"]
        bad, judged = wrong(route)
        table.add_row(
            safe(route["route"]),
            route["stage"],
            Text(verdict, style=VERDICT_STYLES[verdict]) if route["candidate"] is not None else "-",
            f"{route['seen']:,}",
            f"{route['copied']:,}",
            f"{route['compared']:,}",
            share_of(bad, judged) if judged else "-",
        )
    return table


def _section(route: Document, options: str) -> Iterator[RenderableType]:
    """The reasons behind a verdict. Routes that nobody asked to compare are in the overview only."""
    if route["candidate"] is None:
        return
    verdict = route["readiness"]["verdict"]
    yield Text()
    yield Text.assemble(safe(route["route"], "bold"), ": ", (verdict, VERDICT_STYLES[verdict]))
    for reason in route["readiness"]["reasons"]:
        yield _line(safe(reason))
    for warning in rules_warnings(route):
        yield _line(safe(warning, "yellow"))
    for fact in filter(None, (counts_line(route), *evidence_lines(route), *rules_lines(route))):
        yield _line(safe(fact, "dim"))
    if route["signatures"]:
        yield Padding(signatures_table(route["signatures"][:MOST_SIGNATURES], options=options), (0, 0, 0, 2))
    if (more := len(route["signatures"]) - MOST_SIGNATURES) > 0:
        yield _line(safe(f"... and {more} more: strangler diffs --route {route['route']}{options}"))


def _line(text: Text) -> RenderableType:
    """A paragraph behind a dash, its further lines indented below the first."""
    table = plain_table("", "")
    table.show_header = False
    table.padding = (0, 1, 0, 0)
    table.add_row("  -", text)
    return table


def signatures_table(signatures: list[Document], *, routes: bool = False, options: str = "") -> RenderableType:
    """How often, where and of which kind; below it an example of both sides, and the pair to look at."""
    table = plain_table("count", "", right=frozenset({"count"}))
    table.show_header = False
    for signature in signatures:
        route = Text.assemble(safe(signature["route"], "bold"), "  ") if routes else Text()
        table.add_row(
            f"{signature['count']:,}x",
            Text.assemble(
                route,
                safe(signature["path"]),
                (f"  {signature['kind']}", "dim"),
                _triage(signature),
                "\n",
                *_examples(signature),
                (f"\n{signature['id']}{_shown_by(signature, options)}", "dim"),
            ),
        )
    return table


def _examples(signature: Document) -> tuple[Text | str, ...]:
    """Of both sides; the pair that had them may have been purged."""
    if not signature["example_pair"]:
        return (Text("(no example is kept)", style="dim"),)
    return _example(signature["control_example"]), " -> ", _example(signature["candidate_example"])


def _shown_by(signature: Document, options: str) -> str:
    return f"  strangler show {signature['example_pair'][:12]}{options}" if signature["example_pair"] else ""


def _triage(signature: Document) -> Text:
    said = signature["triage"]
    if said["state"] == State.OPEN:
        return Text()
    owner = f", {said['owner']}" if said["owner"] else ""
    style = "bold red" if said["state"] == State.REOPENED else "yellow"
    return safe(f"  [{said['state']}{owner}]", style)


def _example(value: str | None) -> Text:
    if value is None:
        return Text("(absent)", style="dim")
    return safe(value if len(value) <= 60 else value[:57] + "...")
