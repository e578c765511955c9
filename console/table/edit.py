"""One change of a route table's text: a value is put, an entry is added, and nothing else is touched. Pure.

What comes out is read again by the loader's own reader and must say what was meant, or the change is refused: aliases, merged keys and
whatever else YAML can do can make a place mean two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from console.table.lines import AnyVariables
from console.table.nodes import Location, Node, Step, nodes_of
from console.table.written import block, flow
from proxy.table.mistakes import BadTable
from proxy.table.reading import read

NEXT: Final = -1
"""As the last step of a location: behind the last entry of the list."""

_BREAK = re.compile(r"\r\n|\r|\n")
_WORDS_OF_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})


class CannotEdit(Exception):
    """The text is written in a way that only people should change; the message says what to do."""


def put(text: str, location: Location, value: Any) -> str:
    """``text`` with ``value`` at ``location``; maps and lists on the way are made. Raises CannotEdit."""
    return _proved(text, _edited(text, location, value), location, lambda data: _with(data, location, value))


def renamed(text: str, location: Location, name: str, value: Any) -> str:
    """``text`` with the key ``name`` and ``value`` in the place of the key at ``location``, and of what it holds. Raises CannotEdit."""
    here = nodes_of(text)
    for step in location:
        if step not in here.children:
            raise CannotEdit(_unsafe(location))
        here = here.children[step]
    edited = f"{text[: here.key_start]}{name}: {flow(value)}{text[_content_end(text, here) :]}"

    def meant(data: Any) -> Any:
        above = data
        for step in location[:-1]:
            above = above[step]
        rest = {key: inner for key, inner in above.items() if key != location[-1]}
        return _with(data, location[:-1], {**rest, name: value})

    return _proved(text, edited, location, meant)


def _proved(before: str, after: str, location: Location, meant: Callable[[Any], Any]) -> str:
    """``after``, if it is ``before`` with what was meant, and nothing else. Raises CannotEdit."""
    try:
        data, edited = (json.loads(json.dumps(_plain(read(one, AnyVariables(), "").data))) for one in (before, after))
    except BadTable:
        raise CannotEdit(_unsafe(location)) from None
    if edited != _plain(meant(data)):
        raise CannotEdit(_unsafe(location))
    return after


def _unsafe(location: Location) -> str:
    return f"{_words(location)} is written in a way that cannot be changed safely: edit it by hand"


def _edited(text: str, location: Location, value: Any) -> str:
    here, rest = nodes_of(text), location
    while rest and here.sort in {"map", "list"} and rest[0] in here.children:
        here, rest = here.children[rest[0]], rest[1:]
    if here.sort == "alias" and rest:
        raise CannotEdit(
            f"{_words(location)} is written elsewhere in the file, and shared by an alias: edit it by hand"
        )
    if rest and here.sort in {"map", "list"}:
        return _inserted(text, here, rest[0], _wrapped(rest[1:], value))
    if rest and (here.sort != "scalar" or here.value not in _WORDS_OF_NOTHING):
        raise CannotEdit(f"{_words(location)} cannot be there: what stands in its place is no map")
    # A scalar, or an empty value whose place is directly behind its key's colon.
    written = flow(_wrapped(rest, value))
    return text[: here.start] + (" " if here.start == here.end else "") + written + text[here.end :]


def _wrapped(steps: Location, value: Any) -> Any:
    for step in reversed(steps):
        value = [value] if step == NEXT else {step: value}
    return value


def _inserted(text: str, parent: Node, step: Step, value: Any) -> str:
    last = parent.last
    if parent.flow:
        entry = flow(value) if step == NEXT else flow({step: value})[2:-2]
        if last is None:
            pad = "" if step == NEXT else " "
            return f"{text[: parent.start + 1]}{pad}{entry}{pad}{text[parent.end - 1 :]}"
        at = _content_end(text, last)
        comma = re.compile(r"\s*,").match(text, at)  # a list may end with one
        at = comma.end() if comma else at
        return f"{text[:at]}{' ' if comma else ', '}{entry}{text[at:]}"
    newline = found[0] if (found := _BREAK.search(text)) else "\n"
    lines = block([value] if step == NEXT else {step: value}, parent.column)
    at = _content_end(text, last or parent)
    at = found.start() if (found := _BREAK.search(text, at)) else len(text)
    return text[:at] + "".join(f"{newline}{' ' * parent.column}{line}" for line in lines) + text[at:]


def _content_end(text: str, node: Node) -> int:
    """Where a value ends, without the blank lines and comments that YAML counts to it."""
    while node.sort in {"map", "list"} and not node.flow and node.last is not None:
        node = node.last
    return node.start + len(text[node.start : node.end].rstrip())


def _with(data: Any, location: Location, value: Any) -> Any:
    """``data`` as it shall be."""
    if not location:
        return value
    step, rest = location[0], location[1:]
    if step == NEXT:
        return [*(data or []), _with(None, rest, value)]
    if isinstance(data, list):
        return [_with(item, rest, value) if index == step else item for index, item in enumerate(data)]
    return {**(data or {}), step: _with((data or {}).get(step), rest, value)}


def _plain(value: Any) -> Any:
    """As the loader reads it."""
    match value:
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case None | str() | int() | float():
            return value
        case _:
            return str(value)


def _words(location: Location) -> str:
    return ".".join(str(step) for step in location if step != NEXT)
