"""JSON text as a tree in which equal means equal: same types, same numbers, nothing lost.

    object           dict; where a name occurs twice, the tuple of all (name, value) pairs instead
    array            list
    string           str (lone surrogates survive)
    number           bytes, its text: 1, 1.0 and "1" are three things, and no digit is lost, however many there are
    NaN, Infinity    bytes too: not JSON, but sent in the wild
    true false null  True, False, None

The parser makes these shapes at C speed, and on them ``==`` is exact where Python's own (``True == 1 == 1.0``) is not: it never
calls different documents equal. It may call equal ones different (``1.0`` and ``1.00``): then the walk decides.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from decimal import Context, Decimal
from itertools import islice
from typing import Any, Final

from shadow.compare.coding import Unreadable, Unsupported

Object = dict[str, "Tree"]
Repeated = tuple[tuple[str, "Tree"], ...]
Array = list["Tree"]
Tree = Object | Repeated | Array | str | bytes | bool | None

_CONSTANTS: Final = frozenset({b"NaN", b"Infinity", b"-Infinity"})
_EXACT: Final = Context(prec=60, Emin=-999_999_999_999_999_999, Emax=999_999_999_999_999_999, traps=[])


def read_tree(text: str) -> Tree:
    """Raises Unreadable if ``text`` is not JSON, Unsupported if it is nested too deep for the parser."""
    if not text.strip():
        raise Unreadable("empty")
    try:
        tree, kept = _parsed(text)
        # The C parser keeps the last of several members of one name without a word. There is none if it kept as many as the
        # text can hold at most; else (rare: strings that look like names) a slower pass keeps them all.
        if kept != text.count(":") and kept != _most_names(text):
            tree = _EVERY_MEMBER.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"{error.msg}: line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise Unsupported("JSON nested too deep") from error
    return tree


def _parsed(text: str) -> tuple[Tree, int]:
    """The tree, with the last of several members of one name, and how many members it has in all."""
    try:
        decoder, counter = _COUNTING.pop()  # in use by one caller at a time, in whatever thread
    except IndexError:
        counter = _member_counter()
        next(counter)
        decoder = _decoder(object_hook=counter.send)
    tree: Tree = decoder.decode(text)
    kept: int = counter.send(None)
    _COUNTING.append((decoder, counter))
    return tree, kept


def _decoder(**hooks: Any) -> json.JSONDecoder:
    return json.JSONDecoder(parse_int=str.encode, parse_float=str.encode, parse_constant=str.encode, **hooks)


def _member_counter() -> Generator[Any, Any, None]:
    """Passes on every object that is sent in and counts its members; None asks for the sum, and starts anew. A generator, as
    resuming one is the cheapest call of Python code that the C parser can make."""
    total = 0
    value: Any = None
    while True:
        value = yield value
        if value is None:
            value, total = total, 0
        else:
            total += len(value)


def _most_names(text: str) -> int:
    """No fewer than the names in valid JSON: a name is a quote, white space, a colon. Strings may hold some that are none."""
    apart = text.count(" :") if text.rfind(" :") >= 0 else 0  # rfind is twice as fast, and there is hardly ever one
    apart += sum(text.count(f"{space}:") for space in "\t\n\r" if space in text)
    return text.count('":') + apart


def _object(pairs: list[tuple[str, Tree]]) -> Object | Repeated:
    found = dict(pairs)
    return found if len(found) == len(pairs) else tuple(pairs)


_EVERY_MEMBER: Final = _decoder(object_pairs_hook=_object)
_COUNTING: Final[list[tuple[json.JSONDecoder, Generator[Any, Any, None]]]] = []


def members(tree: Object | Repeated) -> Iterable[tuple[str, Tree]]:
    """All members in the order of the text, also those of one name."""
    return tree.items() if isinstance(tree, dict) else tree


def same(control: Tree, candidate: Tree) -> bool:
    """Equal for certain. What is too deep for C's comparison is left to the walk, which has a depth limit of its own."""
    try:
        return control == candidate
    except RecursionError:
        return False


def is_float(number: bytes) -> bool:
    return number in _CONSTANTS or b"." in number or b"e" in number or b"E" in number


def number_value(number: bytes) -> Decimal | None:
    """The exact value, every digit kept; None for NaN, infinities and exponents beyond all reason."""
    if number in _CONSTANTS:
        return None
    value = _context(number).create_decimal(number.decode())
    return value if value.is_finite() else None


def number_key(number: bytes) -> str | bytes:
    """Equal for numbers of the same kind and value, however written: 1.0 is 1.00 and 1e2 is 100.0, but 1 is not 1.0."""
    if not is_float(number):
        return b"0" if number == b"-0" else number
    value = number_value(number)
    if value is None:
        return number.decode()
    return str(value.normalize(_context(number))) if value else "0"


def same_number(control: bytes, candidate: bytes) -> bool:
    return number_key(control) == number_key(candidate)


def within(control: bytes, candidate: bytes, tolerance: Decimal) -> bool:
    """Whether two numbers, integer or float, are at most ``tolerance`` apart."""
    left, right = number_value(control), number_value(candidate)
    if left is None or right is None:
        return control == candidate
    return _EXACT.subtract(left, right).copy_abs() <= tolerance


def _context(number: bytes) -> Context:
    """Room for every digit of this number; no signal is ever raised."""
    if len(number) <= _EXACT.prec:
        return _EXACT
    return Context(prec=len(number), Emin=_EXACT.Emin, Emax=_EXACT.Emax, traps=[])


class _Mark(str):
    """Punctuation, as against a string of the document."""

    __slots__ = ()


def shown(tree: Tree, cap: int) -> str:
    """JSON text of at most ``cap`` characters and, if it was longer, the mark ``… (cut)``. What a terminal might obey is escaped."""
    parts: list[str] = []
    size = 0
    todo: list[Tree] = [tree]
    while todo and size <= cap:
        value = todo.pop()
        if isinstance(value, (dict, tuple, list)):
            todo += reversed(_opened(value, cap - size))
            continue
        part = _scalar(value, cap)
        parts.append(part)
        size += len(part)
    text = "".join(parts)
    return text if len(text) <= cap else f"{text[:cap]}… (cut)"


def _opened(value: Object | Repeated | Array, room: int) -> list[Tree]:
    """The parts of an object or array, no more of them than could be shown."""
    parts: list[Tree] = []
    if isinstance(value, list):
        for item in value[: room // 3 + 1]:
            parts += [_Mark(", "), item]
        return [_Mark("["), *parts[1:], _Mark("]")]
    for name, member in islice(members(value), room // 4 + 1):
        parts += [_Mark(", "), name, _Mark(": "), member]
    return [_Mark("{"), *parts[1:], _Mark("}")]


def _scalar(value: Tree, cap: int) -> str:
    if isinstance(value, _Mark):
        return value
    if isinstance(value, str):
        return quoted(value[: cap + 1])
    if isinstance(value, bytes):
        text = value[: cap + 1].decode()
        return f"{text} (not JSON)" if value in _CONSTANTS else text
    return json.dumps(value)


def quoted(text: str) -> str:
    """A JSON string that is readable in any language, yet holds no surrogate and no character that is not printable."""
    plain = json.dumps(text, ensure_ascii=False)
    return plain if plain.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in plain)
