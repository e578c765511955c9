"""What an unquoted word of YAML means."""

from __future__ import annotations

import re
from typing import Any

_BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")


def resolve(text: str) -> Any:
    """What an unquoted word means. Where YAML 1.1 and 1.2 disagree: yes, no, on and off are booleans (1.1), so that nobody
    can mean a name by them without quotes; 010, 1_000, 0x10, 1:30 and dates are text (1.2), which the grammar then refuses
    wherever it wants a number."""
    if text in _NULLS:
        return None
    first = text[0]
    if first in "-+.0123456789":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and not _LEADING_ZERO.match(text):
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    elif first in "tTfFyYnNoO":
        return _BOOLEANS.get(text, text)
    return text


def called(value: Any) -> str:
    """What a value is, in a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a map"
