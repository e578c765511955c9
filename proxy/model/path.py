"""Paths into a JSON document: one notation for routes.yaml, reports and signatures.

    $                        the document itself
    $.name   $["a name"]     a member; $.a.@id an attribute, $.a.#text the text of an element
    $.items[3]               an item, counted from 0
    $.items[]                any item
    $.items[*]   $.by_id.*   any item or member
    $..id   $.a.**.id        at any depth below (RFC 9535 writes ``..``)

Places outside a JSON body have names: ``status``, ``header:NAME``, ``body`` and ``body:charset``.
"""

from __future__ import annotations

import enum
import hashlib
import json
import re
from functools import lru_cache
from typing import Final


class Wild(enum.Enum):
    """A step that does not name its child."""

    ITEM = "[]"
    CHILD = "*"
    DEEP = "**"


Step = str | int | Wild
"""A member's name, an item's index, or a wildcard."""

MAX_LENGTH: Final = 4096
"""Characters of one path: longer ones are mistakes."""

MAX_NAME: Final = 120
"""Characters of a member's name within a path that we write."""

_NAME = re.compile(r"[@#]?[^\W\d][\w:-]*")
_TOKEN = re.compile(
    r"""
      (?P<deep> \.\*\* | \.(?=\.[^.]) )
    | (?P<child> \.\* | \.?\[\*\] )
    | (?P<item> \.?\[\] )
    | \.?\[ (?P<index> [0-9]{1,9} ) \]
    | \.?\[ (?P<double> "(?:[^"\\]|\\.)*" ) \]
    | \.?\[ ' (?P<single> (?:[^'\\]|\\.)* ) ' \]
    | \. (?P<name> [^\s.\[\]*"']+ )
    """,
    re.VERBOSE,
)
_CHILD = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\.(?P<name>[@#]?[\w:-]+)|\[[0-9]+\]')
_IDENTIFIER = re.compile(
    r"""
      (?: [A-Za-z]{1,20} [_:-] )?  # a prefix, as in cus_20417
      (?: [0-9]{5,} | [0-9a-fA-F]{16,} | [0-9a-fA-F]{8} (?: -[0-9a-fA-F]{4} ){3} -[0-9a-fA-F]{12} )
    | [0-9]{4}-[0-9]{2}(?:-[0-9]{2})?  # a month, a day
    """,
    re.VERBOSE,
)
_ANSWER_PLACE = re.compile(r"status|body|body:charset|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class BadPath(ValueError):
    """Not a path; the message says what is wrong and what to write instead."""


@lru_cache(maxsize=1024)
def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path that begins with ``$``. Raises BadPath."""
    if not text.startswith("$"):
        raise BadPath(f"a path begins with $, as in $.items[*].price; this is {text!r}")
    if len(text) > MAX_LENGTH:
        raise BadPath(f"a path has at most {MAX_LENGTH} characters; this one has {len(text)}")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise BadPath(
                f'cannot read {text[at:]!r} in {text!r}: write .name, ["any name"], [3], [], [*], .* or ..name'
            )
        steps.append(_step(token, text))
        at = token.end()
    return tuple(steps)


def check_ignore_path(text: str) -> None:
    """Raises BadPath unless ``text`` may stand in ``compare.ignore``: a ``$`` path or a named place of the answer."""
    if text.startswith("$"):
        parse_path(text)
    elif not _ANSWER_PLACE.fullmatch(text):
        raise BadPath(
            f"{text!r} is no place of an answer: write status, header:NAME, body, or a path that begins with $"
        )


def member_path(parent: str, name: str) -> str:
    """The path of the member ``name``; what is not a simple name is quoted as JSON, so no two members share a path.
    A name of more than MAX_NAME characters is cut, and told apart by a hash."""
    if len(name) > MAX_NAME:
        name = f"{name[:MAX_NAME]}…{hashlib.blake2b(name.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"
    if _NAME.fullmatch(name):
        return f"{parent}.{name}"
    return f"{parent}[{json.dumps(name, ensure_ascii=not name.isprintable())}]"


def place_of(path: str) -> str:
    """``path`` with ``[]`` for every index, and ``.*`` for members that are named by an identifier (five digits or more, 16
    hexadecimal digits or more, a UUID; a prefix may stand before) or a date: the same place in every answer, and itself a path
    that a rule may use."""
    return _CHILD.sub(_generalised, path) if path.startswith("$") else path


def is_below(place: str, other: str) -> bool:
    """Whether ``place`` is within what stands at ``other``."""
    return place.startswith((f"{other}.", f"{other}["))


def _generalised(child: re.Match[str]) -> str:
    name = child["quoted"] or child["name"]
    if name:
        return ".*" if _IDENTIFIER.fullmatch(name) else child[0]
    return child[0] if child[0].startswith('["') else "[]"


def _step(token: re.Match[str], text: str) -> Step:
    kind, value = token.lastgroup, token[token.lastgroup or 0]
    if kind == "deep":
        return Wild.DEEP
    if kind == "child":
        return Wild.CHILD
    if kind == "item":
        return Wild.ITEM
    if kind == "index":
        return int(value)
    if kind == "double":
        try:
            return str(json.loads(value))
        except ValueError as error:
            raise BadPath(f"{value} in {text!r} is not a JSON string: {error}") from error
    if kind == "single":
        return re.sub(r"\\(.)", r"\1", value)
    return value
