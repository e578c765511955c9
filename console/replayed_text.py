"""What a new build made of stored requests: for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from console.replayed import Document, Wrong, by_route, groups_of, places_of
from console.terminal import plain_table, safe
from proxy.model.printable import printable
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
    table = plain_table("route", *names, right=frozenset(names))
    for route, pairs in by_route(document["pairs"]).items():
        counts = Counter(pair["result"] for pair in pairs)
        table.add_row(safe(route), *(Text(f"{counts[n]:,}", _STYLES[n] if counts[n] else "dim") for n in names))
    return table


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
    lines = [
        f"### Replay against {_code(document['against'])}: {plural(document['sent'], 'request')}",
        "",
        f"| route | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for route, pairs in by_route(document["pairs"]).items():
        counts = Counter(pair["result"] for pair in pairs)
        lines.append(f"| {_code(route)} | {' | '.join(f'{counts[name]:,}' for name in names)} |")
    groups = groups_of(document)
    if groups:
        lines += ["", "| route | times | what | for example | pair |", "|---|---:|---|---|---|"]
        lines += [_row(group) for group in groups[:MOST]]
    if len(groups) > MOST:
        lines += ["", f"... and {plural(len(groups) - MOST, 'more kind')} of bad answers."]
    notes = [printable(note) for note in _notes(document)]
    return "\n".join([*lines, *(f"\n{_escaped(note)}" for note in notes)])


def _row(group: Wrong) -> str:
    example = group.example
    what, request = _code(places_of(example)), _code(_request(example))
    return f"| {_code(group.route)} | {group.count:,} | {what} | {request} | {_code(example['pair'])} |"


def _request(pair: Document) -> str:
    return f"{pair['method']} {pair['target']}"


def _code(text: str) -> str:
    """A stranger's text as code in a cell of a table: nothing in it can end the cell, the code or the line."""
    return f"`{printable(text).replace('`', chr(39)).replace('|', '¦')}`"


def _escaped(text: str) -> str:
    return re.sub(r"[\\`*_\[\]<>|]", r"\\\g<0>", text)
