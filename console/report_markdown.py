"""The report as Markdown, for a pull request: verdicts and their reasons in sight, the rest folded. Stays below what a comment may hold. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from console.evidence_text import evidence_lines
from console.markdown import code, prose, table
from console.report import Document, counts_line, wrong
from console.rules_text import rules_lines, rules_warnings
from shadow.figures import plural, share_of
from shadow.judge import PRECEDENCE
from shadow.triage import State

MOST: Final = 65_000
"""Characters; a comment on GitHub holds 65,536."""

MOST_SIGNATURES: Final = 10
"""Of one route."""

MOST_ROUTES: Final = 200
"""In the overview. Worst first, so that those left out are the best."""

MARK: Final = "<!-- strangler report -->"
"""By this first line a job finds the comment that it wrote before."""


def report_markdown(report: Document, most: int = MOST) -> str:
    """At most ``most`` characters; what was cut is said at the end."""
    routes = report["routes"]
    lines = [MARK, f"### Shadow report: {_headline(routes)}", ""]
    lines.append(
        f"Table version {report['table_version']}, {plural(len(routes), 'route')}, {report['generated_at'][:19]}Z"
    )
    if routes:
        lines += ["", *_overview(routes[:MOST_ROUTES])]
    if (more := len(routes) - MOST_ROUTES) > 0:
        lines += ["", f"{plural(more, 'more route')}, none of them worse than the last one above."]
    shadowed = [route for route in routes if route["candidate"] is not None]
    return _fitted("\n".join(lines), ["\n".join(_section(route)) for route in shadowed], most)


def _headline(routes: Sequence[Document]) -> str:
    """Worst first, with those that nobody compares left out."""
    counts = Counter(route["readiness"]["verdict"] for route in routes if route["candidate"] is not None)
    told = [f"{counts[verdict]:,} {verdict}" for verdict in PRECEDENCE if counts[verdict]]
    return ", ".join(told) or "no route is compared"


def _overview(routes: Sequence[Document]) -> list[str]:
    heads = ("route", "stage", "verdict", "seen:", "copied:", "compared:", "wrong:")
    return table(heads, map(_cells, routes))


def _cells(route: Document) -> Iterator[str]:
    bad, judged = wrong(route)
    verdict = route["readiness"]["verdict"]
    yield code(route["route"])
    yield str(route["stage"])
    yield "-" if route["candidate"] is None else f"**{verdict}**"
    yield from (f"{route[name]:,}" for name in ("seen", "copied", "compared"))
    yield share_of(bad, judged) if judged else "-"


def _section(route: Document) -> Iterator[str]:
    yield f"#### {code(route['route'])}: {route['readiness']['verdict']}"
    yield ""
    for sentence in (*route["readiness"]["reasons"], *rules_warnings(route)):
        yield f"- {prose(sentence)}"
    signatures = route["signatures"]
    if signatures:
        yield ""
        heads = ("times:", "place", "kind", "control", "candidate", "signature", "pair")
        yield from table(heads, map(_signature, signatures[:MOST_SIGNATURES]))
    if (more := len(signatures) - MOST_SIGNATURES) > 0:
        yield f"\n... and {plural(more, 'more signature')}: {code('strangler diffs --route ' + route['route'])}"
    facts = [fact for fact in (counts_line(route), *evidence_lines(route), *rules_lines(route)) if fact]
    if facts:
        yield "\n<details><summary>What the verdict rests on</summary>\n"
        yield from (f"- {prose(fact)}" for fact in facts)
        yield "\n</details>"


def _signature(signature: Document) -> Iterator[str]:
    yield f"{signature['count']:,}"
    yield code(signature["path"])
    yield code(signature["kind"])
    for side in ("control", "candidate"):
        value = signature[f"{side}_example"]
        yield "absent" if value is None else code(value)
    state = signature["triage"]["state"]
    yield code(signature["id"]) + ("" if state == State.OPEN else f" {state}")
    yield code(signature["example_pair"][:12])


def _fitted(head: str, sections: Sequence[str], most: int) -> str:
    """As many sections as there is room for, whole, and what was left out."""
    room = most - 200  # for the sentence at the end
    parts: list[str] = []
    size = 0
    for part in (head, *sections):
        size += len(part) + 2
        if size > room:
            break
        parts.append(part)
    if not parts:
        lines = head[:room].splitlines()[:-1]
        return "\n".join(
            [*lines, "", "Cut here: this report is too long for a comment; `--format html` has all of it."]
        )
    left = len(sections) + 1 - len(parts)
    if left:
        parts.append(f"Cut here: details of {plural(left, 'more route')} did not fit; `--format html` has all of them.")
    return "\n\n".join(parts)
