"""From the text of routes.yaml to a table: all of it, or every mistake in it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from pydantic import ValidationError

from proxy.match import Claim
from proxy.model.link_local import is_link_local
from proxy.model.table import LEGACY, Backend, Route, Table
from proxy.table.address import parse_address
from proxy.table.checks import check_table
from proxy.table.compile import compile_table
from proxy.table.coverage import find_covered
from proxy.table.document import Document
from proxy.table.files import check_files
from proxy.table.grammar import TableKeys
from proxy.table.match_checks import check_matches
from proxy.table.mistakes import BadTable, Mistake, quoted
from proxy.table.pruning import Damage, pruned
from proxy.table.reading import read
from proxy.table.scalars import Malformed
from proxy.table.ties import find_ties
from proxy.table.wording import Location, locations_of, place_errors

_ATTEMPTS = 8
"""Leaving out a key may leave the map around it without what it needs; the grammar is not much deeper than this."""


def load_table(
    text: str | bytes,
    *,
    source: str = "routes.yaml",
    version: int = 1,
    environ: Mapping[str, str] | None = None,
    with_files: bool = False,
) -> Table:
    """The table that ``text`` describes. ``environ`` (the process's by default) fills in ``${VARIABLES}``; ``version`` and
    ``source`` are passed on; ``with_files``: what it names for TLS to backends must be there. Raises BadTable with every mistake."""
    with _collector_paused():
        document = read(text, os.environ if environ is None else environ, source)
        unread = {(mistake.line, mistake.column) for mistake in document.mistakes}
        reading = len(document.mistakes)
        table = _checked(document, version, source, with_files=with_files)
        # Where a value could not be read, whatever else was found at that place follows from it.
        followed = [m for m in document.mistakes[reading:] if (m.line, m.column) not in unread]
        mistakes = document.mistakes[:reading] + followed
        if mistakes or table is None:
            raise BadTable(mistakes, source)
        return table


def transparent_table(legacy_url: str, version: int = 1) -> Table:
    """The table without a route: everything goes to ``legacy_url``. Raises BadTable."""
    try:
        endpoint = parse_address(legacy_url)
        if is_link_local(endpoint.host):
            why = f"{quoted(endpoint.host)} is an address at which clouds keep metadata and credentials"
            raise Malformed(why, "if the monolith is there all the same, write a table with allow_link_local: true")
    except Malformed as error:
        raise BadTable([Mistake(1, 1, str(error), error.help)], "--legacy") from None
    return Table(version=version, backends={LEGACY: Backend(LEGACY, (endpoint,))}, routes=(), source="--legacy")


def _checked(document: Document, version: int, source: str, *, with_files: bool) -> Table | None:
    """The table as far as it could be read, None if that is nothing; all that is wrong goes into the document."""
    keys, damage = _validated(document)
    if keys is None:
        return None
    check_table(keys, document, damage)
    if with_files:
        check_files(keys, document)
    unclear = damage.claims | check_matches(keys, document, damage)
    table = compile_table(keys, version=version, source=source)
    indices = [index for index, route in enumerate(keys.routes) if route.enabled]
    _check_order(
        {i: route for i, route in zip(indices, table.routes, strict=True) if i not in unclear}, table, document
    )
    return table


def _validated(document: Document) -> tuple[TableKeys | None, Damage]:
    """The keys of the table; where the grammar refuses some, the keys without them."""
    damage = Damage(backends=not document.whole, groups=not document.whole)
    data = document.data
    for attempt in range(_ATTEMPTS):
        try:
            return TableKeys.model_validate(data), damage
        except ValidationError as error:
            # What is refused once something else was left out is no mistake of the text.
            locations = place_errors(error, document) if attempt == 0 else locations_of(error)
            data = pruned(data, locations, damage)
    return None, damage


def _check_order(routes: dict[int, Route], table: Table, document: Document) -> None:
    """Routes that nobody could tell apart, and routes that nothing reaches. ``routes`` are by their index in the text."""
    places: dict[int, Location] = {id(route): ("routes", index) for index, route in routes.items()}

    def line(route: Route) -> int:
        return document.place((*places[id(route)], "name"))[0] + 1

    claims = [Claim(route, match) for route in routes.values() for match in route.matches]
    for one, other in find_ties(claims):
        number = other.route.matches.index(other.match)
        message = (
            f"the routes {quoted(one.route.name)} (line {line(one.route)}) and {quoted(other.route.name)} "
            "can claim the same request with equal right"
        )
        help_ = "add priority: 1 to the one that shall have it, or a condition that only one of them has"
        document.mistake((*places[id(other.route)], "match", number), message, help_, code="tie")
    for route, winner in find_covered(replace(table, routes=tuple(routes.values())), document.text):
        message = (
            f"no request can reach the route {quoted(route.name)}: "
            f"{quoted(winner.name)} (line {line(winner)}) comes first for all that it matches"
        )
        document.mistake(
            places[id(route)], message, "remove it, or give it the higher priority", code="unreachable-route"
        )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Loading makes very many objects and no garbage: looking for some would take most of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
