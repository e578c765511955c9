"""Which requests would have another owner under another table: paths that the tables name, and requests that were recorded. Pure.

The proxy's own code decides. Who sent a recorded request is a hash by then: each draws a side as somebody would, not as its sender does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from console.table.changes import renamed_routes
from proxy.choose import draw
from proxy.match import AmbiguousTarget
from proxy.model.message import RequestHead
from proxy.model.table import LEGACY, Match, Table
from proxy.routing import Routing
from shadow.store import StoredPair

EXAMPLES: Final = 3
MOST_TAKEN: Final = 20


class Owner(NamedTuple):
    """``route`` None: no route claims it."""

    route: str | None
    backend: str


@dataclass(slots=True)
class Move:
    """Requests that go from one owner to another; ``examples`` are (method, target, pair)."""

    before: Owner
    after: Owner
    count: int = 0
    examples: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Moves:
    """``read`` requests were looked at; those that go elsewhere, most first; ``refused`` could not be read as requests."""

    read: int
    refused: int
    moves: tuple[Move, ...]

    @property
    def moved(self) -> int:
        return sum(move.count for move in self.moves)


def moves_of(before: Routing, after: Routing, pairs: Iterable[StoredPair]) -> Moves:
    """Of recorded requests. A route that only has another name is the same owner."""
    read = refused = 0
    names = renamed_routes(before.table, after.table)
    moves: dict[tuple[Owner, Owner], Move] = {}
    for pair in pairs:
        if pair.request is None:
            continue
        head = _head(pair)
        try:
            was, will = (_owner(routing, head, pair.id.encode()) for routing in (before, after))
        except AmbiguousTarget:
            refused += 1
            continue
        read += 1
        if was != will._replace(route=names.get(will.route or "", will.route)):
            move = moves.setdefault((was, will), Move(was, will))
            move.count += 1
            if len(move.examples) < EXAMPLES:
                move.examples.append((pair.method, pair.target, pair.id))
    return Moves(read, refused, tuple(sorted(moves.values(), key=lambda move: -move.count)))


def _owner(routing: Routing, head: RequestHead, otherwise: bytes) -> Owner:
    """Raises AmbiguousTarget."""
    claim = routing.matcher.claim(head)
    if claim is None:
        return Owner(None, LEGACY)
    return Owner(claim.route.name, draw(claim.route.split, routing.identity(head) or otherwise))


def _head(pair: StoredPair) -> RequestHead:
    headers = pair.request.headers if pair.request is not None else ()
    fields = [(name.encode("latin-1", "replace"), value.encode("utf-8", "surrogateescape")) for name, value in headers]
    target = pair.target.encode("utf-8", "surrogateescape")
    return RequestHead.from_headers(pair.method.encode("latin-1", "replace"), target, fields)


def taken(before: Routing, after: Routing) -> tuple[str, ...]:
    """Of what both tables name, in sentences: what other routes than before would take. Not what comes and goes with its route."""
    names = [{route.name for route in routing.table.routes} for routing in (before, after)]
    renamed = renamed_routes(before.table, after.table)
    told: dict[tuple[str | None, str | None, str], str] = {}
    for table in (before.table, after.table):
        for what, head in _probes(table):
            try:
                claims = [routing.matcher.claim(head) for routing in (before, after)]
            except AmbiguousTarget:
                continue
            was, will = (claim.route.name if claim is not None else None for claim in claims)
            comes = was is None and will not in names[0]
            goes = will is None and was not in names[1]
            if renamed.get(will or "", will) != was and not comes and not goes:
                told[was, will, what] = _taken(what, was, will)
    return tuple(told.values())[:MOST_TAKEN]


def _taken(what: str, was: str | None, will: str | None) -> str:
    if will is None:
        return f"{what} goes to legacy now, it was {was}'s"
    return f"{what} is now taken by {will}, it was {was or 'legacy'}'s"


def _probes(table: Table) -> Iterator[tuple[str, RequestHead]]:
    """A request for each path that the table names without further conditions."""
    for route in table.routes:
        for match in route.matches:
            if match.path is not None and not match.conditions:
                yield _words(match), _probe(match)


def _words(match: Match) -> str:
    method = min(match.methods) if match.methods and "GET" not in match.methods else ""
    return " ".join(filter(None, (method, match.host, match.path)))


def _probe(match: Match) -> RequestHead:
    method = "GET" if not match.methods or "GET" in match.methods else min(match.methods)
    host = (match.host or "localhost").replace("*", "www")
    return RequestHead.from_headers(method.encode(), example_path(match.path or "/"), [(b"Host", host.encode())])


def example_path(path: str) -> bytes:
    """A path that a pattern takes, and nothing more exact is likely to."""
    parts = ["anything" if part == "**" or part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts).encode()
