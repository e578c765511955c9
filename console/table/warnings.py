"""What is allowed in a route table and seldom meant. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from proxy.model.table import LEGACY, Route, Table
from proxy.pattern import Pattern, parse_pattern
from proxy.table.document import Document
from proxy.table.mistakes import WARNING, Mistake, quoted
from proxy.table.reading import read
from shadow.figures import percent
from shadow.rules.endings import endings

_RATIO = 10
"""Weights that add up to no more are a ratio and no percentages."""

Found = Iterator[tuple[tuple[str | int, ...], str, str, str]]
"""Where, what, what to do, and the code."""


def table_warnings(table: Table, text: str | bytes, environ: Mapping[str, str], today: date) -> list[Mistake]:
    """``text`` is that of ``table``, and good with the variables of ``environ``."""
    document = read(text, environ, "")
    found = []
    for location, message, help_, code in _found(table, document, today):
        line, column = document.place(location, key=True)
        found.append(Mistake(line + 1, column + 1, message, help_, code, WARNING))
    return sorted(found)


def _found(table: Table, document: Document, today: date) -> Found:
    yield from _weights(document)
    yield from _unused(table, document)
    places = _places(document)
    yield from _journeys(table, places)
    for route in table.routes:
        for ending in endings(route.compare, today):
            yield (
                (*places[route.name], "compare"),
                f"{quoted(route.name)}: {ending.sentence}",
                "remove it, or give it another end",
                "waiver-ends",
            )


def _places(document: Document) -> dict[str, tuple[str | int, ...]]:
    routes = document.data.get("routes") or ()
    return {route["name"]: ("routes", index) for index, route in enumerate(routes)}


def _splits(document: Document) -> Iterator[tuple[tuple[str | int, ...], dict[str, object]]]:
    for name, group in (document.data.get("groups") or {}).items():
        yield ("groups", name, "split"), group["split"]
    for index, route in enumerate(document.data.get("routes") or ()):
        if route.get("split") is not None:
            yield ("routes", index, "split"), route["split"]


def _weights(document: Document) -> Found:
    for location, split in _splits(document):
        weights = [weight for weight in split.values() if isinstance(weight, int) and weight]
        total = sum(weights)
        if len(weights) < 2 or total in {100, 1000} or total <= _RATIO or len(weights) < _nonzero(split):
            continue
        first = next(name for name, weight in split.items() if weight)
        share = percent(weights[0] / total)
        message = f"these weights add up to {total}, not 100: {first} takes {weights[0]} of {total} ({share})"
        yield location, message, "let them add up to 100, if percentages are meant", "odd-weights"


def _nonzero(split: dict[str, object]) -> int:
    return sum(weight != 0 for weight in split.values())


def _unused(table: Table, document: Document) -> Found:
    routes = document.data.get("routes") or ()
    groups = {route.get("group") for route in routes}
    for name in document.data.get("groups") or ():
        if name not in groups:
            yield ("groups", name), f"no route is in the group {quoted(name)}", "remove it, or add group to its routes", "unused-group"  # fmt: skip
    used: set[str | None] = {name for _, split in _splits(document) for name in split}
    used.add(LEGACY)
    for route in routes:
        used |= {route.get("backend"), route.get("fallback"), (route.get("shadow") or {}).get("candidate")}
    for name in table.backends:
        if name not in used:
            yield ("backends", name), f"no route uses the backend {quoted(name)}", "remove it, or add the route that was meant", "unused-backend"  # fmt: skip


def _journeys(table: Table, places: dict[str, tuple[str | int, ...]]) -> Found:
    """Exact paths within a pattern whose users are drawn apart. Patterns are kept by where they have literal segments, and by
    which: a table may have very many routes."""
    drawn = [(route, _patterns(route)) for route in table.routes if len(route.split.drawn) > 1]
    wide: dict[tuple[int, ...], dict[tuple[bytes | None, ...], list[tuple[Route, Pattern]]]] = {}
    for route, patterns in drawn:
        for pattern in patterns:
            if not _is_exact(pattern):
                literal = tuple(index for index, step in enumerate(pattern.steps) if step is not None)
                key = tuple(pattern.steps[index] for index in literal)
                wide.setdefault(literal, {}).setdefault(key, []).append((route, pattern))
    for route, patterns in drawn:
        for steps in (pattern.steps for pattern in patterns if _is_exact(pattern)):
            for literal, by_key in wide.items():
                near = by_key.get(tuple(steps[index] for index in literal if index < len(steps)), ())
                for other, pattern in near:
                    if other.split.salt != route.split.salt and pattern.matches([step or b"" for step in steps]):
                        message = (
                            f"{quoted(route.name)} lies within {quoted(other.name)}, which draws its users apart: "
                            "one user may get both sides"
                        )
                        yield places[route.name], message, "put both into one group", "split-journey"


def _patterns(route: Route) -> list[Pattern]:
    return [parse_pattern(match.path) for match in route.matches if match.path is not None]


def _is_exact(pattern: Pattern) -> bool:
    return not pattern.below and None not in pattern.steps
