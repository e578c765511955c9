"""A regex as an automaton whose states are its characters (Glushkov's construction).

Every repeat of variable count is a loop, and sets of characters are exact for ASCII only: the automaton takes in more than
the regex, never less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from proxy.conditions import compile_regex

# The parse tree is the one part of `re` that is not public, and nothing else reads a regex exactly as `re` does. It is the
# same from 3.11 on; tests run the check on each version that is supported.
from re import _constants as op, _parser as parser  # type: ignore[attr-defined,unused-ignore]  # isort: skip

MAX_LENGTH: Final = 500
MAX_STATES: Final = 400

_UNCLEAR = re.compile(r"(?<!\\)\[\^?\[|(?<!\\)\[[^\]]+?(?:--|&&|~~|\|\|)")
"""What Python warns of when it compiles a regex; a warning is of no use to anybody here."""

_OTHER: Final = 1 << 128
"""Stands for every character beyond ASCII."""
_MANY: Final = 1 << 20
"""More ways are not counted."""
EVERY: Final = (1 << 129) - 1


class Dangerous(ValueError):
    """A regex that is not run. ``help`` says what to write."""

    def __init__(self, message: str, help_: str) -> None:
        super().__init__(message)
        self.help = help_


class Automaton:
    """``takes[state]`` is the set of characters, as bits, that leads into a state; ``follow[state]`` are the states after it,
    with how many ways lead there; ``first`` are those that may begin a match, ``last`` those that may end one, ``empty`` the
    ways to match no text; ``anchored`` tells of an anchor in the middle, which can fail where characters do not."""

    __slots__ = ("anchored", "empty", "first", "follow", "last", "takes")

    def __init__(self) -> None:
        self.takes: list[int] = []
        self.follow: list[dict[int, int]] = []
        self.first: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.empty = 0
        self.anchored = False


def build(pattern: str) -> Automaton:
    """The automaton of a regex. Raises Dangerous for what is no regex, and for what an automaton cannot hold."""
    if len(pattern) > MAX_LENGTH:
        message = f"a regex has at most {MAX_LENGTH} characters; this one has {len(pattern)}"
        raise Dangerous(message, "split it into several matches")
    if _UNCLEAR.search(pattern):
        raise Dangerous(
            "a set within a set, or -- && ~~ || in one, will mean something else one day", "put \\ before it"
        )
    try:
        compile_regex(pattern)
        return _Construction(parser.parse(pattern, re.ASCII | re.DOTALL)).automaton
    except Dangerous:
        raise
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        raise Dangerous(f"this is not a regex: {error}", "test it with Python's re.fullmatch") from None


class _Part:
    """A piece of the regex: where it may begin and end, and in how many ways; ``empty`` are its ways to take nothing.

    The ways matter: the engine tries each of them, also those that take nothing, as in ``(a(|))*``.
    """

    __slots__ = ("empty", "first", "last")

    def __init__(self, first: dict[int, int], last: dict[int, int], empty: int) -> None:
        self.first = first
        self.last = last
        self.empty = min(empty, _MANY)


def _nothing() -> _Part:
    return _Part({}, {}, 1)


def _sum(one: dict[int, int], other: dict[int, int], times: int = 1) -> dict[int, int]:
    """The ways of both, those of ``other`` so many times."""
    if not times:
        return one
    total = dict(one)
    for state, ways in other.items():
        total[state] = min(total.get(state, 0) + ways * times, _MANY)
    return total


class _Construction:
    """Builds the automaton from the parse tree."""

    def __init__(self, tree: Any) -> None:
        self.automaton = automaton = Automaton()
        self._ignore_case = bool(tree.state.flags & re.IGNORECASE)
        whole = self._sequence(tree)
        automaton.first, automaton.last, automaton.empty = whole.first, whole.last, whole.empty

    def _sequence(self, items: Iterable[Any]) -> _Part:
        part = _nothing()
        for code, argument in items:
            part = self._joined(part, self._item(code, argument))
        return part

    def _item(self, code: Any, argument: Any) -> _Part:
        match code:
            case op.LITERAL | op.NOT_LITERAL | op.ANY | op.IN:
                return self._state(self._characters(code, argument))
            case op.BRANCH:
                return self._either(self._sequence(branch) for branch in argument[1])
            case op.SUBPATTERN:
                return self._group(argument)
            case op.ATOMIC_GROUP:
                return self._sequence(argument)  # tries less than a plain group
            case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
                return self._repeat(*argument)
            case op.AT:
                return self._anchor(argument)
            case op.GROUPREF | op.GROUPREF_EXISTS:
                raise Dangerous("a regex here has no back-references", "write out what is repeated")
            case op.ASSERT | op.ASSERT_NOT:
                raise Dangerous(
                    "a regex here has no lookahead or lookbehind", "use a second route with a higher priority"
                )
            case _:
                raise Dangerous(f"a regex here has no {code}", "write it with classes, groups and repeats")

    def _anchor(self, anchor: Any) -> _Part:
        """An anchor takes no character, and only ever rules runs out."""
        at_start = anchor in {op.AT_BEGINNING, op.AT_BEGINNING_STRING} and not self.automaton.takes
        if not at_start and anchor not in {op.AT_END, op.AT_END_STRING}:
            self.automaton.anchored = True
        return _nothing()

    def _group(self, argument: Any) -> _Part:
        _, added, removed, items = argument
        if added & (re.UNICODE | re.LOCALE):
            raise Dangerous("classes in a regex here are ASCII", "leave the flags u and L out")
        before = self._ignore_case
        self._ignore_case = (before or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
        part = self._sequence(items)
        self._ignore_case = before
        return part

    def _repeat(self, low: int, high: Any, items: Any) -> _Part:
        """``x{2,5}`` as ``xxx*``: a count that varies is a loop, since the engine tries the counts as it tries rounds."""
        part = _nothing()
        for _ in range(min(low, MAX_STATES)):
            part = self._joined(part, self._sequence(items))
        if high == low:
            return part
        rest = self._sequence(items)
        if high == low + 1:
            return self._joined(part, _Part(rest.first, rest.last, 1 + rest.empty))
        self._link(rest.last, rest.first)
        # The engine ends a loop after a round that took nothing, so there are as many more ways to end.
        last = _sum(rest.last, rest.last, rest.empty)
        return self._joined(part, _Part(rest.first, last, 1 + rest.empty))

    def _state(self, characters: int) -> _Part:
        automaton = self.automaton
        state = len(automaton.takes)
        if state >= MAX_STATES:
            raise Dangerous(
                f"a regex has at most {MAX_STATES} characters after repeats are written out", "make it shorter"
            )
        automaton.takes.append(characters)
        automaton.follow.append({})
        return _Part({state: 1}, {state: 1}, 0)

    def _either(self, parts: Iterable[_Part]) -> _Part:
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        empty = 0
        for part in parts:
            first |= part.first
            last |= part.last
            empty += part.empty
        return _Part(first, last, empty)

    def _joined(self, left: _Part, right: _Part) -> _Part:
        self._link(left.last, right.first)
        return _Part(
            _sum(left.first, right.first, left.empty),
            _sum(right.last, left.last, right.empty),
            left.empty * right.empty,
        )

    def _link(self, ends: dict[int, int], starts: dict[int, int]) -> None:
        for end, ways in ends.items():
            self.automaton.follow[end] = _sum(self.automaton.follow[end], starts, ways)

    def _characters(self, code: Any, argument: Any) -> int:
        match code:
            case op.ANY:
                return EVERY
            case op.LITERAL:
                return self._cased(_bit(argument))
            case op.NOT_LITERAL:
                return EVERY & ~self._cased(_bit(argument)) | _OTHER
            case _:
                return self._class(argument)

    def _class(self, items: Any) -> int:
        characters, negated = 0, False
        for code, argument in items:
            match code:
                case op.NEGATE:
                    negated = True
                case op.LITERAL:
                    characters |= _bit(argument)
                case op.RANGE:
                    low, high = argument
                    characters |= sum(1 << point for point in range(low, min(high, 127) + 1))
                    characters |= _OTHER if high > 127 else 0
                case _:
                    characters |= _category(argument)
        characters = self._cased(characters)
        return EVERY & ~characters | _OTHER if negated else characters

    def _cased(self, characters: int) -> int:
        if not self._ignore_case:
            return characters
        for upper, lower in zip(range(65, 91), range(97, 123), strict=True):
            if characters & (1 << upper | 1 << lower):
                characters |= 1 << upper | 1 << lower
        return characters


def _bit(point: int) -> int:
    return 1 << point if point < 128 else _OTHER


def _category(code: Any) -> int:
    name = str(code).rpartition("_")[2]
    sample = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[name]
    inside = sum(1 << point for point in range(128) if re.match(sample, chr(point), re.ASCII))
    return EVERY & ~inside if "_NOT_" in str(code) else inside
