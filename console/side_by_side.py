"""Two texts beside each other, line by line, with what differs marked. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import Any, Final, NamedTuple

from shadow.compare.order import longest_in_order

MOST_LINES = 3000
"""Longer texts are compared line by line in place."""

MOST_PAIRS = 100_000
"""Pairs of equal lines that difflib is asked to look at, which may take it half a second."""

CONTEXT = 3
"""Equal lines shown around a difference."""


_HEADER: Final = "header:"

LONG_MARKUP = 120
"""Markup is often written on one line, in which nobody finds what differs."""

_BETWEEN_TAGS = re.compile(r"(?<=>)(?=<)")

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
"""Of a text that is known to be JSON."""


class Row(NamedTuple):
    """One line of both sides. ``mark`` is ``=`` for equal, ``|`` for different, ``<`` and ``>`` for a line of one side only, ``.`` for
    a difference that does not count, and ``~`` for equal lines left out, which ``left`` counts."""

    mark: str
    left: str
    right: str


def paired(left: str, right: str) -> Row:
    return Row("=" if left == right else "|", left, right)


def aligned(left: list[str], right: list[str]) -> Iterator[Row]:
    """All lines of two texts, with those beside each other that belong together."""
    if max(len(left), len(right)) > MOST_LINES:
        yield from _in_place(left, right)
    elif _equal_pairs(left, right) <= MOST_PAIRS:
        yield from _matched(left, right)
    else:
        yield from _between_unique(left, right)


def _equal_pairs(left: list[str], right: list[str]) -> int:
    """How many pairs of equal lines there are: difflib looks at most of them, again and again."""
    there = Counter(right)
    return sum(count * there[line] for line, count in Counter(left).items())


def _between_unique(left: list[str], right: list[str]) -> Iterator[Row]:
    """Lines that both texts have once belong together, as far as they are in order; what is between is aligned if it can be."""
    once = {line for line, count in Counter(left).items() if count == 1}
    places = {line: at for at, line in enumerate(right) if line in once}
    once = {line for line, count in Counter(right).items() if count == 1 and line in once}
    pairs = longest_in_order([(at, places[line]) for at, line in enumerate(left) if line in once])
    at, other = 0, 0
    for i, j in (*pairs, (len(left), len(right))):
        mine, others = left[at:i], right[other:j]
        yield from (_matched if _equal_pairs(mine, others) <= MOST_PAIRS else _in_place)(mine, others)
        yield from (paired(line, line) for line in left[i : i + 1])
        at, other = i + 1, j + 1


def _matched(left: list[str], right: list[str]) -> Iterator[Row]:
    for tag, left_from, left_to, right_from, right_to in SequenceMatcher(
        None, left, right, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            yield from (paired(line, line) for line in left[left_from:left_to])
        else:
            yield from _in_place(left[left_from:left_to], right[right_from:right_to])


def field_rows(
    left: Iterable[Sequence[str]], right: Iterable[Sequence[str]], counted: Collection[str]
) -> Iterator[Row]:
    """Header fields, (name, value) each, in the order of their names. Differences count in those ``counted``, by name in lower case."""
    sides = [_by_name(left), _by_name(right)]
    for name in sorted({*sides[0], *sides[1]}):
        for row in _in_place(*([f"{name}: {value}" for value in side.get(name, ())] for side in sides)):
            yield row if row.mark == "=" or name in counted else row._replace(mark=".")


def counted_headers(pair: Mapping[str, Any]) -> set[str]:
    """The headers that a pair's document says something of. All others are not compared, or mean the same."""
    places = [one["path"] for one in (*pair["differences"], *pair["waived"])] + pair["noisy"]
    return {place.removeprefix(_HEADER) for place in places if place.startswith(_HEADER)}


def near_differences(rows: list[Row], context: int = CONTEXT) -> Iterator[Row]:
    """Rows with every difference and ``context`` equal ones around each; the others are counted."""
    for fold in folds(rows, context):
        yield from [Row("~", str(len(fold.rows)), "")] if fold.equal else fold.rows


class Fold(NamedTuple):
    """Rows that belong together: near a difference, or equal and far from any."""

    equal: bool
    rows: list[Row]


def folds(rows: list[Row], context: int = CONTEXT) -> Iterator[Fold]:
    """All rows, cut where a difference with its ``context`` equal rows begins or ends."""
    around = {"=": -1, ".": 0}
    near = {
        at
        for index, row in enumerate(rows)
        for at in range(index - around.get(row.mark, context), index + around.get(row.mark, context) + 1)
    }
    for shown, run in groupby(enumerate(rows), key=lambda numbered: numbered[0] in near):
        yield Fold(not shown, [row for _, row in run])


class Part(NamedTuple):
    """One line in three: what both sides begin with, what differs, what both end with."""

    before: str
    middle: str
    after: str


def parts(left: str, right: str) -> tuple[Part, Part]:
    """Where within two lines the difference is; no word or number is cut in two."""
    begin = _common(left, right)
    while _within_word(left, begin) or _within_word(right, begin):
        begin -= 1
    end = _common(left[begin:][::-1], right[begin:][::-1])
    while _within_word(left, len(left) - end) or _within_word(right, len(right) - end):
        end -= 1
    return _part(left, begin, end), _part(right, begin, end)


def _common(left: str, right: str) -> int:
    """How many characters both begin with."""
    return next(
        (at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other),
        min(len(left), len(right)),
    )


def _within_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _part(text: str, begin: int, end: int) -> Part:
    return Part(text[:begin], text[begin : len(text) - end], text[len(text) - end :])


def readable_lines(text: str) -> list[str]:
    """The lines of a body; a JSON document indented, so that members stand on lines of their own; long lines of markup cut between tags."""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        is_markup = text.lstrip().startswith("<")
        return [one for line in text.splitlines() for one in (_cut(line) if is_markup else [line])]
    return list(_indented(text))


def _cut(line: str) -> list[str]:
    return _BETWEEN_TAGS.split(line) if len(line) > LONG_MARKUP else [line]


def _indented(text: str) -> Iterator[str]:
    """Only white space changes: numbers, escapes and repeated keys stay as they were written."""
    line, depth = "", 0
    pieces = _PIECE.findall(text)
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        line += piece
        if piece in "{[" and following not in "}]":
            yield line
            depth += 1
            line = "  " * depth
        elif piece == ",":
            yield line
            line = "  " * depth
        elif piece == ":":
            line += " "
        if following and following in "}]" and piece not in "{[":
            yield line
            depth -= 1
            line = "  " * depth
    yield line


def _by_name(fields: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name.lower(), []).append(value)
    return found


def _in_place(left: list[str], right: list[str]) -> Iterator[Row]:
    for one, other in zip_longest(left, right):
        if one is None:
            yield Row(">", "", other)
        elif other is None:
            yield Row("<", one, "")
        else:
            yield paired(one, other)
