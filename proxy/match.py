"""Which route claims a request. Pure; the order of lines in the table never matters.

All matches of all routes stand in one total order, the most specific first (``Claim.order``). A tree of path segments finds
the few claims whose path fits; of those whose other conditions hold too, the first in the order wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from proxy.conditions import Holds, compile_condition, compile_regex, text_of, why_not
from proxy.model.message import RequestHead
from proxy.model.table import Match, Route, Table
from proxy.pattern import ANY_RANK, PARAMETER, REGEX_RANK, Pattern, parse_pattern
from proxy.target import AmbiguousTarget, normal_host, split_target

__all__ = ["AmbiguousTarget", "Claim", "Matcher", "Rung", "claims_of"]

Order = tuple[int, tuple[int, int], tuple[int, ...], int, int]

_WILDCARD: Final = "*."
_LAST: Final = 1 << 62


class Claim:
    """One match of one route. ``order`` compares claims: smaller is more specific and comes first."""

    __slots__ = ("holds", "host", "match", "methods", "order", "pattern", "rank", "regex", "route")

    def __init__(self, route: Route, match: Match) -> None:
        self.route = route
        self.match = match
        self.pattern: Pattern | None = parse_pattern(match.path) if match.path is not None else None
        self.regex: re.Pattern[str] | None = compile_regex(match.path_regex) if match.path_regex is not None else None
        self.host: bytes | None = match.host.lower().encode() if match.host is not None else None
        self.methods = frozenset(method.encode() for method in match.methods)
        self.holds: tuple[Holds, ...] = tuple(compile_condition(condition) for condition in match.conditions)
        self.order: Order = (
            -route.priority,
            _host_rank(match.host),
            self.pattern.rank if self.pattern else REGEX_RANK if self.regex else ANY_RANK,
            0 if match.methods else 1,
            -len(match.conditions),
        )
        self.rank = 0

    def why_not(self, head: RequestHead, segments: list[bytes] | None, host: bytes) -> str | None:
        """The first condition that does not hold, as a clause; None if all do."""
        if self.host is not None and not _host_fits(self.host, host):
            return f"host is {_shown(host) or 'absent'}, not {self.match.host}"
        if self.pattern is not None and (segments is None or not self.pattern.matches(segments)):
            return f"path is not {self.match.path}"
        if self.regex is not None and (segments is None or not _regex_fits(self.regex, segments)):
            return f"path does not match {self.match.path_regex}"
        if self.methods and head.method not in self.methods:
            return f"method is {_shown(head.method)}, not {' or '.join(sorted(self.match.methods))}"
        return next(filter(None, (why_not(condition, head) for condition in self.match.conditions)), None)


@dataclass(frozen=True, slots=True)
class Rung:
    """One claim on the ladder. ``why_not`` None: it holds; the first such claim has the request."""

    route: Route
    match: Match
    why_not: str | None


def claims_of(routes: Sequence[Route]) -> list[Claim]:
    """All claims, the most specific first; ``rank`` is the place in that order."""
    claims = [Claim(route, match) for route in routes for match in route.matches]
    claims.sort(key=lambda claim: (claim.order, claim.route.name))
    for rank, claim in enumerate(claims):
        claim.rank = rank
    return claims


class Matcher:
    """The index of one table. Immutable once built, so it may be shared and swapped."""

    __slots__ = ("_any_host", "_claims", "_exact_hosts", "_has_hosts", "_wild_hosts")

    def __init__(self, table: Table) -> None:
        self._claims = claims_of(table.routes)
        self._any_host = _Tree()
        self._exact_hosts: dict[bytes, _Tree] = {}
        self._wild_hosts: dict[bytes, _Tree] = {}
        for claim in self._claims:
            self._tree_for(claim).add(claim)
        for tree in (self._any_host, *self._exact_hosts.values(), *self._wild_hosts.values()):
            tree.close()
        self._has_hosts = bool(self._exact_hosts or self._wild_hosts)

    def match(self, head: RequestHead) -> Route | None:
        """The route that claims the request, None if none does. Raises AmbiguousTarget."""
        claim = self.claim(head)
        return None if claim is None else claim.route

    def claim(self, head: RequestHead) -> Claim | None:
        """The claim that has the request, None if none does. Raises AmbiguousTarget."""
        segments, authority = split_target(head.target, head.method)
        best = self._any_host.find(head, segments, None)
        if self._has_hosts:
            # RFC 9112 section 3.2.2: the authority of an absolute-form target wins over Host.
            for tree in self._trees_of(normal_host(head.host or b"" if authority is None else authority)):
                best = tree.find(head, segments, best)
        return best

    def ladder(self, head: RequestHead) -> tuple[Rung, ...]:
        """Every claim, the most specific first, with why it does not hold. Raises AmbiguousTarget."""
        segments, authority = split_target(head.target, head.method)
        host = normal_host(head.host or b"" if authority is None else authority)
        return tuple(Rung(claim.route, claim.match, claim.why_not(head, segments, host)) for claim in self._claims)

    def _tree_for(self, claim: Claim) -> _Tree:
        host = claim.host
        if host is None:
            return self._any_host
        if host.startswith(b"*."):
            return self._wild_hosts.setdefault(host[1:], _Tree())
        return self._exact_hosts.setdefault(host, _Tree())

    def _trees_of(self, host: bytes) -> Iterator[_Tree]:
        tree = self._exact_hosts.get(host)
        if tree is not None:
            yield tree
        at = host.find(b".") if self._wild_hosts else -1
        while at != -1:
            tree = self._wild_hosts.get(host[at:])
            if tree is not None and at > 0:
                yield tree
            at = host.find(b".", at + 1)


class _Leaf:
    """Claims with the same path pattern, by method, in order."""

    __slots__ = ("by_method", "claims", "others")

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.by_method: dict[bytes, tuple[Claim, ...]] = {}
        self.others: tuple[Claim, ...] = ()

    def close(self) -> None:
        """``by_method`` gets every method that is named; ``others`` serves all the rest."""
        named = frozenset[bytes]().union(*(claim.methods for claim in self.claims))
        self.others = tuple(claim for claim in self.claims if not claim.methods)
        self.by_method = {
            method: tuple(claim for claim in self.claims if not claim.methods or method in claim.methods)
            for method in named
        }


class _Node:
    """A place in the tree of path segments."""

    __slots__ = ("below", "end", "is_plain", "literals", "parameter")

    def __init__(self) -> None:
        self.is_plain = True
        """No parameter and no claim of everything below begins here."""
        self.literals: dict[bytes, _Node] = {}
        self.parameter: _Node | None = None
        self.end: _Leaf | None = None
        self.below: _Leaf | None = None


class _Tree:
    """The claims of one host condition: by path, those without a path, and regexes."""

    __slots__ = ("_anywhere", "_leaves", "_regexes", "_root")

    def __init__(self) -> None:
        self._root = _Node()
        self._anywhere = _Leaf()
        self._regexes: list[Claim] = []
        self._leaves: list[_Leaf] = [self._anywhere]

    def add(self, claim: Claim) -> None:
        if claim.regex is not None:
            self._regexes.append(claim)
            return
        self._leaf(claim.pattern).claims.append(claim)

    def _leaf(self, pattern: Pattern | None) -> _Leaf:
        if pattern is None:
            return self._anywhere
        node = self._root
        for step in pattern.steps:
            if step is PARAMETER:
                node.parameter = node.parameter or _Node()
                node.is_plain = False
                node = node.parameter
            else:
                node = node.literals.setdefault(step, _Node())
        leaf = node.below if pattern.below else node.end
        if leaf is None:
            leaf = _Leaf()
            self._leaves.append(leaf)
            if pattern.below:
                node.below, node.is_plain = leaf, False
            else:
                node.end = leaf
        return leaf

    def close(self) -> None:
        for leaf in self._leaves:
            leaf.close()

    def find(self, head: RequestHead, segments: list[bytes] | None, best: Claim | None) -> Claim | None:  # noqa: C901 - one walk, on the live path
        """The first claim in the order that holds, if it comes before ``best``; else ``best``."""
        method = head.method
        if self._anywhere.claims:
            best = _first(self._anywhere.by_method.get(method, self._anywhere.others), head, best)
        if segments is None:
            return best
        node: _Node | None = self._root
        at, count = 0, len(segments)
        # Most of a path is literals where nothing else fits.
        while node is not None and node.is_plain and at < count:
            node = node.literals.get(segments[at])
            at += 1
        # Where a literal and a parameter both fit, the parameter waits here. Each node is visited once at most.
        waiting: list[tuple[_Node, int]] = []
        while node is not None:
            leaf = node.below
            if leaf is not None:
                best = _first(leaf.by_method.get(method, leaf.others), head, best)
            following: _Node | None = None
            if at == count:
                leaf = node.end
                if leaf is not None:
                    best = _first(leaf.by_method.get(method, leaf.others), head, best)
            else:
                segment = segments[at]
                at += 1
                following = node.literals.get(segment)
                if node.parameter is not None and segment:
                    if following is None:
                        following = node.parameter
                    else:
                        waiting.append((node.parameter, at))
            if following is None and waiting:
                following, at = waiting.pop()
            node = following
        return self._find_regex(head, segments, best) if self._regexes else best

    def _find_regex(self, head: RequestHead, segments: list[bytes], best: Claim | None) -> Claim | None:
        path: str | None = None
        for claim in self._regexes:
            if best is not None and best.rank < claim.rank:
                break
            if claim.methods and head.method not in claim.methods:
                continue
            path = path or regex_subject(segments)
            if claim.regex.fullmatch(path) and all(holds(head) for holds in claim.holds):  # type: ignore[union-attr]  # only claims with a regex stand here
                return claim
        return best


def _first(claims: tuple[Claim, ...], head: RequestHead, best: Claim | None) -> Claim | None:
    limit = _LAST if best is None else best.rank
    for claim in claims:
        if claim.rank > limit:
            break
        for holds in claim.holds:
            if not holds(head):
                break
        else:
            return claim
    return best


def regex_subject(segments: list[bytes]) -> str:
    """The path that a regex sees: decoded, but for slashes that were encoded, since they do not separate."""
    return "/" + "/".join(text_of(segment.replace(b"/", b"%2F")) for segment in segments)


def _regex_fits(regex: re.Pattern[str], segments: list[bytes]) -> bool:
    return regex.fullmatch(regex_subject(segments)) is not None


def _host_rank(host: str | None) -> tuple[int, int]:
    if host is None:
        return (2, 0)
    return (1, -len(host)) if host.startswith(_WILDCARD) else (0, 0)


def _host_fits(wanted: bytes, host: bytes) -> bool:
    return host.endswith(wanted[1:]) and len(host) >= len(wanted) if wanted.startswith(b"*.") else host == wanted


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")
