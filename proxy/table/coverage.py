"""Routes that no request can reach, since other routes come before them for everything they match.

For each claim generic requests are made: what it asks for, and for all that it leaves open words that stand nowhere in the
table. A route that gets such a request instead of the claim's own gets every request of that claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from proxy.conditions import PRESENT, REGEX
from proxy.match import Claim, Matcher
from proxy.model.message import Headers, RequestHead
from proxy.model.table import ConditionKind, Route, Table

_BELOW = ("", "/{0}", "/{0}/{0}", "/{0}" * 9)
"""Endings that stand for everything below a path."""


def find_covered(table: Table, text: str) -> Iterator[tuple[Route, Route]]:
    """Routes that are never reached, each with a route that comes before it. ``text`` is what generic words must not be in."""
    if not any(route.priority for route in table.routes) and not _has_regex(table):
        return  # without priorities a pattern never comes before one that is more specific
    matcher = Matcher(table)
    word = "generic"
    while word in text.lower():
        word += "x"
    for route in table.routes:
        covering = [_covering(Claim(route, match), matcher, word) for match in route.matches]
        first = covering[0]
        if first is not None and None not in covering:
            yield route, first


def _has_regex(table: Table) -> bool:
    return any(match.path_regex is not None for route in table.routes for match in route.matches)


def _covering(claim: Claim, matcher: Matcher, word: str) -> Route | None:
    """The one route that gets every generic request of the claim, if it comes before the claim."""
    winner: Route | None = None
    for head in _generic_requests(claim, word):
        got = matcher.claim(head)
        if got is None or got.route is claim.route or got.order >= claim.order or winner not in {None, got.route}:
            return None
        winner = got.route
    return winner


def _generic_requests(claim: Claim, word: str) -> Iterator[RequestHead]:
    match = claim.match
    headers: Headers = []
    query: list[str] = []
    cookies: list[str] = []
    for condition in match.conditions:
        if condition.value.startswith(REGEX):
            continue  # absent: only a route that does not ask for it can come before for all values
        value = word if condition.value == PRESENT else condition.value
        if condition.kind is ConditionKind.HEADER:
            headers.append((condition.name.encode(), value.encode()))
        elif condition.kind is ConditionKind.COOKIE:
            cookies.append(f"{condition.name}={value}")
        else:
            query.append(f"{_escaped(condition.name)}={_escaped(value)}")
    if cookies:
        headers.append((b"Cookie", "; ".join(cookies).encode()))
    headers.append((b"Host", (match.host or f"{word}.invalid").replace("*", word).encode()))
    for path in _generic_paths(claim, word):
        target = path + "?" + "&".join(query) if query else path
        for method in match.methods or {word.upper()}:
            yield RequestHead.from_headers(method.encode(), target.encode(), headers)


def _generic_paths(claim: Claim, word: str) -> Iterable[str]:
    """Paths that stand for all of a claim's. For a regex, whose paths nobody can list: all paths."""
    if claim.pattern is None:
        return [ending.format(word) or "/" for ending in _BELOW]
    start = "".join("/" + (word if step is None else _escaped_bytes(step)) for step in claim.pattern.steps)
    return [start + ending.format(word) or "/" for ending in _BELOW] if claim.pattern.below else [start]


def _escaped(text: str) -> str:
    return _escaped_bytes(text.encode())


def _escaped_bytes(text: bytes) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in text)
