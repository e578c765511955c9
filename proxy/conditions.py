"""Header, cookie and query conditions: where the first value of a name is found, and when it is the wanted one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from proxy.model.message import BLANKS, RequestHead
from proxy.model.table import Condition, ConditionKind
from proxy.target import decode, query_of

PRESENT: Final = "*"
REGEX: Final = "~"
_SEMICOLON: Final = 0x3B
_BLANK: Final = 0x20

Find = Callable[[RequestHead, bytes], bytes | None]
Holds = Callable[[RequestHead], bool]


def header_of(head: RequestHead, name: bytes) -> bytes | None:
    """The first value of the header ``name``, given in lower case."""
    for given, value in head.headers:
        if given.lower() == name:
            return value.rstrip(BLANKS)
    return None


def cookie_of(head: RequestHead, name: bytes) -> bytes | None:
    """The first value of the cookie ``name``; names are case-sensitive (RFC 6265 section 5.2)."""
    line = head.cookie
    if line is None:
        return None
    wanted = name + b"="
    at = line.find(wanted)
    while at != -1:
        if at == 0 or line[at - 1] == _SEMICOLON or (line[at - 1] == _BLANK and at > 1 and line[at - 2] == _SEMICOLON):
            return line[at + len(wanted) :].partition(b";")[0].strip()
        at = line.find(wanted, at + 1)
    return None


def parameter_of(head: RequestHead, name: bytes) -> bytes | None:
    """The first value of the query parameter ``name``, decoded as a form is: ``+`` is a space."""
    for pair in query_of(head.target).split(b"&"):
        given, _, value = pair.partition(b"=")
        if _form_decode(given) == name and pair:
            return _form_decode(value)
    return None


def _form_decode(text: bytes) -> bytes:
    return decode(text.replace(b"+", b" "))


FIND: Final[dict[ConditionKind, Find]] = {
    ConditionKind.HEADER: header_of,
    ConditionKind.COOKIE: cookie_of,
    ConditionKind.QUERY: parameter_of,
}


def name_of(condition: Condition) -> bytes:
    """The name as ``FIND`` wants it."""
    name = condition.name.lower() if condition.kind is ConditionKind.HEADER else condition.name
    return name.encode()


def compile_regex(pattern: str) -> re.Pattern[str]:
    """A regex as the table means it: ``.`` takes every character, ``\\d`` and ``\\w`` are ASCII. Raises re.error."""
    return re.compile(pattern, re.ASCII | re.DOTALL)


def text_of(value: bytes) -> str:
    """What regexes look at: bytes that are not UTF-8 become characters that only ``.`` and negated sets take."""
    return value.decode("utf-8", "surrogateescape")


def compile_condition(condition: Condition) -> Holds:
    find, name, wanted = FIND[condition.kind], name_of(condition), condition.value
    if wanted == PRESENT:
        return lambda head: find(head, name) is not None
    if wanted.startswith(REGEX):
        full_match = compile_regex(wanted[1:]).fullmatch

        def holds(head: RequestHead) -> bool:
            value = find(head, name)
            return value is not None and full_match(text_of(value)) is not None

        return holds
    exact = wanted.encode()
    return lambda head: find(head, name) == exact


def why_not(condition: Condition, head: RequestHead) -> str | None:
    """A clause that says why the condition does not hold, or None if it does."""
    if compile_condition(condition)(head):
        return None
    value = FIND[condition.kind](head, name_of(condition))
    subject = f"{condition.kind} {condition.name}"
    if value is None:
        return f"{subject} is absent"
    shown = text_of(value).encode("utf-8", "replace").decode()
    if condition.value.startswith(REGEX):
        return f'{subject} is "{shown}", which ~{condition.value[1:]} does not match'
    return f'{subject} is "{shown}", not "{condition.value}"'
