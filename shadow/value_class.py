"""What sort of value is it? Told from the short JSON text of a difference, so that proposals can be made of values that nobody keeps. Pure."""

from __future__ import annotations

import json
import math
import re
from typing import Final

from proxy.model.normalise import Normalise
from shadow.compare.normaliser import content

NONE: Final = ""
"""No value was seen yet."""

MIXED: Final = "mixed"
_CUT: Final = "…"
_TOKEN: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9_\-+/=.~]{12,}")
_NORMALISERS: Final = tuple(Normalise("$", name) for name in ("timestamp", "uuid", "jwt"))
"""Asked in this order: what they know, they are also the best rule for."""


def value_class(shown: str | None) -> str:
    """``missing``, ``timestamp``, ``uuid``, ``jwt``, ``integer``, ``float``, ``token`` (letters and digits by chance), ``text``, ``boolean``,
    ``null``, ``object`` or ``array``."""
    if shown is None:
        return "missing"
    if shown[:1] == '"':
        return _class_of_text(shown)
    simple = {"{": "object", "[": "array", "t": "boolean", "f": "boolean", "n": "null"}.get(shown[:1])
    if simple is not None:
        return simple
    number = shown.partition(" ")[0]
    if _normalised(number.encode()) == "timestamp":
        return "timestamp"
    return "float" if any(mark in number for mark in ".eEN") else "integer"


def joined(one: str, other: str) -> str:
    """The class of values of two classes."""
    if NONE in {one, other} or one == other:
        return one or other
    return "float" if {one, other} == {"integer", "float"} else MIXED


def distance(control: str | None, candidate: str | None) -> tuple[float, float]:
    """How far two numbers are apart, and as a share of the larger one; infinite for what are no two numbers."""
    try:
        left, right = float(control or ""), float(candidate or "")
    except ValueError:
        return math.inf, math.inf
    apart = abs(left - right)
    if not math.isfinite(apart):
        return math.inf, math.inf
    return apart, apart / max(abs(left), abs(right)) if apart else 0.0


def _class_of_text(shown: str) -> str:
    try:
        text = json.loads(shown)
    except ValueError:  # it is cut
        text = shown[1:].partition(_CUT)[0]
    return _normalised(text) or ("token" if _TOKEN.fullmatch(text) else "text")


def _normalised(value: str | bytes) -> str:
    return next((how.name for how in _NORMALISERS if content((how,), value) is not None), "")
