"""What the verdicts would be under other rules, for people. Fits 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from console.rejudged import Document
from console.terminal import VERDICT_STYLES, plain_table, safe
from shadow.figures import plural

MOST_PLACES = 8
_NOTHING = Text("No pair is kept of a route of this table, so there is nothing to judge again.")


def rejudged_text(document: Document) -> RenderableType:
    routes, unknown = document["routes"], document["unknown"]
    parts = [_overview(routes), *(part for route in routes for part in _section(route))] if routes else [_NOTHING]
    if unknown:
        parts += [Text(), safe(f"Not in {document['table']}, so not judged: {', '.join(unknown)}")]
    return Group(*parts)


def _overview(routes: list[Document]) -> RenderableType:
    table = plain_table(
        "route", "kept", "judged", "changed", "before", "after", right=frozenset({"kept", "judged", "changed"})
    )
    table.columns[0].max_width = 24
    for route in routes:
        before, after = (route[side]["readiness"]["verdict"] for side in ("before", "after"))
        table.add_row(
            safe(route["route"]),
            *(f"{route[name]:,}" for name in ("kept", "judged", "changed")),
            Text(before, style=VERDICT_STYLES[before]),
            Text(after, style=VERDICT_STYLES[after]),
        )
    return table


def _section(route: Document) -> Iterator[RenderableType]:
    facts = list(_facts(route))
    if not facts:
        return
    yield Text()
    yield safe(route["route"], "bold")
    for fact in facts:
        yield Padding(safe(fact), (0, 0, 0, 2))


def _facts(route: Document) -> Iterator[str]:
    ways = Counter((pair["before"], pair["after"]) for pair in route["pairs"])
    for (before, after), n in ways.most_common():
        yield f"{plural(n, 'kept pair')}: {_words(before)} before, {_words(after)} now"
    for name, title in (("gone", "no longer told"), ("new", "newly told")):
        for place in route["signatures"][name][:MOST_PLACES]:
            yield f"{title}: {place['path']}  {place['kind']}"
        if (more := len(route["signatures"][name]) - MOST_PLACES) > 0:
            yield f"{title}: {more} more, see --format json"
    if route["before"]["outcomes"] != route["after"]["outcomes"]:
        yield f"counts would be about: {_counts(route['after']['outcomes'])}"
    if route["before"]["readiness"]["verdict"] != route["after"]["readiness"]["verdict"]:
        yield from route["after"]["readiness"]["reasons"][:2]
    for reason, n in route["unusable"].items():
        yield f"{plural(n, 'kept pair')} not judged: {reason}"


def _counts(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{_words(name)} {n:,}" for name, n in outcomes.items() if n)


def _words(name: str) -> str:
    return name.replace("_", " ")
