"""What a new build made of stored requests: for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from console.markdown import code, prose, table
from console.replayed import Document, Wrong, by_route, groups_of, places_of
from console.terminal import plain_table, safe
from shadow.figures import plural

MOST = 20
"""Kinds of bad answers that are shown; JSON and JUnit have every answer."""

_STYLES = {"equal": "green", "different": "bold red", "error": "bold red", "timeout": "bold red", "unusable": "dim"}


def replayed_text(document: Document) -> RenderableType:
    return Group(
        safe(f"{plural(document['sent'], 'request')} sent to {document['against']}"),
        Text(),
        _overview(document),
        *_details(document),
    )


def _overview(document: Document) -> RenderableType:
    names = tuple(document["results"])
    overview = plain_table("route", *names, right=frozenset(names))
    for route, pairs in by_route(document["pairs"]).items():
        counts = Counter(pair["result"] for pair in pairs)
        overview.add_row(safe(route), *(Text(f"{counts[n]:,}", _STYLES[n] if counts[n] else "dim") for n in names))
    return overview


def _details(document: Document) -> Iterator[RenderableType]:
    groups = groups_of(document)
    for group in groups[:MOST]:
        pair = group.example
        yield Text.assemble("\n", safe(group.route, "bold"), f"  {group.count:,}x  ", safe(places_of(pair)))
        yield Padding(Group(safe(_request(pair), "dim"), safe(f"strangler show {pair['pair']}", "dim")), (0, 0, 0, 2))
    if len(groups) > MOST:
        yield Text(f"\n... and {plural(len(groups) - MOST, 'more kind')} of bad answers; --format json has all")
    for note in _notes(document):
        yield Text.assemble("\n", safe(note))


def _notes(document: Document) -> Iterator[str]:
    if document["fixed"]:
        yield f"{plural(document['fixed'], 'request')} that the build of then got wrong: right now"
    unusable = Counter(pair["detail"] for pair in document["pairs"] if pair["result"] == "unusable")
    for detail, n in unusable.most_common(5):
        yield f"{plural(n, 'pair')} left out: {detail}"
    if document["hidden"]:
        yield f"Redacted before it was kept, and not sent: {', '.join(document['hidden'])}. Give headers with -H."


def replayed_markdown(document: Document) -> str:
    names = tuple(document["results"])
    lines = [f"### Replay against {code(document['against'])}: {plural(document['sent'], 'request')}", ""]
    counted = {route: Counter(p["result"] for p in pairs) for route, pairs in by_route(document["pairs"]).items()}
    lines += table(
        ("route", *(f"{name}:" for name in names)),
        ((code(route), *(f"{counts[name]:,}" for name in names)) for route, counts in counted.items()),
    )
    groups = groups_of(document)
    if groups:
        lines += ["", *table(("route", "times:", "what", "for example", "pair"), map(_cells, groups[:MOST]))]
    if len(groups) > MOST:
        lines += ["", f"... and {plural(len(groups) - MOST, 'more kind')} of bad answers."]
    return "\n".join([*lines, *(f"\n{prose(note)}" for note in _notes(document))])


def _cells(group: Wrong) -> tuple[str, ...]:
    example = group.example
    what, request = code(places_of(example)), code(_request(example))
    return code(group.route), f"{group.count:,}", what, request, code(example["pair"])


def _request(pair: Document) -> str:
    return f"{pair['method']} {pair['target']}"
