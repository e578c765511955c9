"""Is each match of each route one that can hold, and safe to try?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from proxy.conditions import REGEX
from proxy.pattern import BadPattern, parse_pattern
from proxy.table.address import is_host
from proxy.table.automaton import Dangerous
from proxy.table.document import Document
from proxy.table.grammar import MatchKeys, TableKeys
from proxy.table.mistakes import quoted
from proxy.table.pruning import Damage
from proxy.table.regex import check_regex
from proxy.table.wording import Location

MAX_PATH_REGEXES: Final = 256
"""Each is tried in turn on the live path."""

_SLASH: Final = 1 << ord("/")

Finding = tuple[Location, str, str | None, bool, str]
"""Location, message, help, whether the key is meant, and the code."""


def check_matches(keys: TableKeys, document: Document, damage: Damage) -> set[int]:
    """Put what is wrong with matches into the document; the indices of the routes concerned."""
    concerned: set[int] = set()
    regexes = 0
    for index, route in enumerate(keys.routes):
        for number, match in enumerate(route.match):
            at: Location = ("routes", index, "match", number)
            regexes += match.path_regex is not None
            if not match.model_fields_set and index not in damage.claims:
                message = "a match needs a condition; this one claims everything"
                document.mistake(at, message, 'to claim everything write path: "/**"', code="empty-match")
            for location, message, help_, key, code in _check_match(match, at):
                document.mistake(location, message, help_, key=key, code=code)
                concerned.add(index)
            if regexes == MAX_PATH_REGEXES + 1 and match.path_regex is not None:
                message = (
                    f"there are more than {MAX_PATH_REGEXES} path_regex, and each is tried in turn on every request"
                )
                document.mistake(
                    (*at, "path_regex"), message, "write patterns: /orders/{id}, /orders/**", code="too-large"
                )
    return concerned


def _check_match(match: MatchKeys, at: Location) -> Iterator[Finding]:
    if not match.model_fields_set:
        yield (
            at,
            "a match needs a condition; this one claims everything",
            'to claim everything write path: "/**"',
            False,
            "empty-match",
        )
    if match.path is not None and match.path_regex is not None:
        yield (
            (*at, "path_regex"),
            "path and path_regex exclude each other",
            "keep one, or make two matches of a list",
            True,
            "conflicting-keys",
        )
    if match.path is not None:
        try:
            parse_pattern(match.path)
        except BadPattern as error:
            yield (*at, "path"), str(error), error.help, False, "bad-pattern"
    if match.path_regex is not None:
        yield from _check_path_regex(match.path_regex, (*at, "path_regex"))
    if match.host is not None:
        yield from _check_host(match.host, (*at, "host"))
    for kind, conditions in (("headers", match.headers), ("cookies", match.cookies), ("query", match.query)):
        yield from _check_conditions(conditions or {}, kind, (*at, kind))


def _check_path_regex(pattern: str, at: Location) -> Iterator[Finding]:
    try:
        automaton = check_regex(pattern)
    except Dangerous as error:
        yield at, str(error), error.help, False, "dangerous-regex"
        return
    if not any(automaton.takes[state] & _SLASH for state in automaton.first):
        yield (
            at,
            "this can match no path: every path begins with /",
            f"write /{pattern.removeprefix('^')}",
            False,
            "impossible-match",
        )


def _check_host(host: str, at: Location) -> Iterator[Finding]:
    name = host.removeprefix("*.")
    if re.fullmatch(r".+:[0-9]+", name) and not name.startswith("["):
        yield at, "a host is matched without its port", f"write {quoted(host.rpartition(':')[0])}", False, "bad-host"
    elif "*" in name:
        yield (
            at,
            f"{quoted(host)} holds a * that is not in front",
            'write "*.example.com" for all names below',
            False,
            "bad-host",
        )
    elif not is_host(name) and not re.fullmatch(r"\[[0-9a-fA-F:.]+\]", name):
        yield (
            at,
            f"{quoted(host)} is not a host name",
            "write shop.example.com or *.example.com, in ASCII",
            False,
            "bad-host",
        )


def _check_conditions(conditions: dict[str, str], kind: str, at: Location) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, value in conditions.items():
        folded = name.lower() if kind == "headers" else name
        if folded in seen:
            yield (
                (*at, name),
                f"{quoted(name)} stands here twice: case makes no difference",
                "keep one of them",
                True,
                "duplicate-entry",
            )
        seen.add(folded)
        if kind == "headers" and folded == "host":
            yield (*at, name), "the host has a condition of its own", f"write host: {value}", True, "impossible-match"
        if kind == "headers" and folded == "x-shadow":
            yield (
                (*at, name),
                "X-Shadow marks copies and is taken away from what clients send",
                "use another header",
                True,
                "impossible-match",
            )
        if value.startswith(REGEX):
            try:
                check_regex(value[1:])
            except Dangerous as error:
                yield (*at, name), str(error), error.help, False, "dangerous-regex"
