"""What a table hides of its requests and answers, beside what is always hidden. Pure.

Names and patterns hold wherever something is kept or logged; paths, in JSON bodies and in what is told of differences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_plus

from proxy.model.path import Step, Wild, parse_path

HIDDEN: Final = b"[redacted]"
LONGEST_NAME: Final = 200

_MOST_NESTED: Final = 3
_WITHIN: Final = re.compile(r"[\[\].]")
_SEPARATORS: Final = re.compile(rb"([&;])")
_SEGMENTS: Final = re.compile(rb"([/;])")
_FIELDS: Final = re.compile(rb"[=:%]")
_NAME: Final = re.compile(r"([^\s?&;#/\"'={},:]{1,200}+)[\"']?\s{0,3}[=:]")

Place = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RedactRules:
    """``names`` of headers, parameters, fields, members, elements and attributes, with ``*`` for any text, whatever their case; ``paths`` of JSON
    values, with all below; ``patterns``, regular expressions that take linear time, of which the group ``secret`` is hidden, else all."""

    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.paths or self.patterns)

    def names_secret(self, name: str) -> bool:
        """Also of a field within others: ``user[email]`` and ``user.email`` are hidden where ``email`` is, and where ``user`` is."""
        if not self.names:
            return False
        fits, name = _named(self.names), name[:LONGEST_NAME]
        return fits(name) is not None or (
            _WITHIN.search(name) is not None and any(fits(part) for part in _WITHIN.split(name) if part)
        )

    def at(self, place: Place) -> bool:
        """Whether what stands there is hidden, or lies in something that is."""
        return any(_lies_in(place, parse_path(path)) for path in self.paths)

    def compiled(self) -> tuple[re.Pattern[str], ...]:
        return _compiled(self.patterns)

    def with_last_names(self) -> RedactRules:
        """For bodies in which places cannot be followed: what a path names last is hidden wherever it stands, too."""
        last = {steps[-1] for steps in map(parse_path, self.paths) if steps}
        return RedactRules(
            (*self.names, *(_escaped(step) for step in last if isinstance(step, str))), self.paths, self.patterns
        )

    def loggable(self, target: bytes) -> bytes:
        """A request target, also a whole URL, without what these rules hide of it."""
        path, mark, query = target.partition(b"?")
        if mark:
            query = b"".join(map(self._loggable_parameter, _SEPARATORS.split(query)))
        if b";" in path:
            path = b"".join(map(self._loggable_parameter, _SEGMENTS.split(path)))
        return (HIDDEN if self._shows(path) else path) + mark + query

    def _loggable_parameter(self, parameter: bytes) -> bytes:
        name, equals, value = parameter.partition(b"=")
        if self._shows(name):
            return HIDDEN
        hidden = equals and (self.names_secret(_plain(name)) or self._shows(value) or self._names_within(value))
        return name + equals + HIDDEN if hidden else parameter

    def _shows(self, text: bytes) -> bool:
        return any(pattern.search(plain) for plain in _readings(text) for pattern in self.compiled())

    def _names_within(self, value: bytes) -> bool:
        """Whether a value has fields of its own, as a URL or a JSON document has, and one of them is hidden."""
        if not self.names or not _FIELDS.search(value):
            return False
        return any(self.names_secret(name) for plain in _readings(value) for name in _NAME.findall(plain))


NO_RULES: Final = RedactRules()


def _plain(text: bytes) -> str:
    return unquote_plus(text.decode("utf-8", "backslashreplace"), errors="backslashreplace")


def _readings(text: bytes) -> Iterator[str]:
    """As it is sent, and decoded as often as a value within a value of a value is."""
    plain = text.decode("utf-8", "backslashreplace")
    yield plain
    for _ in range(_MOST_NESTED):
        before, plain = plain, unquote_plus(plain, errors="backslashreplace")
        if plain == before:
            return
        yield plain


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


@lru_cache(maxsize=256)
def _named(names: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    return re.compile("|".join(map(translate, names)), re.IGNORECASE).match


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


@lru_cache(maxsize=4096)
def _lies_in(place: Place, rule: Place) -> bool:
    """Whether the beginning of ``place`` fits ``rule``; where ``place`` itself names no child, it may be the one."""
    if not rule:
        return True
    if rule[0] is Wild.DEEP:
        return any(_lies_in(place[at:], rule[1:]) for at in range(len(place) + 1))
    return bool(place) and _fits(place[0], rule[0]) and _lies_in(place[1:], rule[1:])


def _fits(step: Step, wanted: Step) -> bool:
    if isinstance(step, Wild) or wanted is Wild.CHILD:
        return True
    return isinstance(step, int) if wanted is Wild.ITEM else step == wanted
