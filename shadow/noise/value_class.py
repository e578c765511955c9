"""What sort of value is it? Told from the short JSON text of a difference, so that proposals can be made of values that nobody keeps. Pure."""

from __future__ import annotations

import json
import math
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Final

from proxy.model.normalise import Normalise
from shadow.compare.normaliser import content, made_equal

NONE: Final = ""
"""No value was seen yet."""

_ROUNDINGS: Final = (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN)
MIXED: Final = "mixed"
ROUNDED: Final = "rounded"
NEAR: Final = Decimal("1e-9")
"""Numbers nearer than this share of them are as near as floats can be expected to be."""

_HOST: Final = Normalise("$", "url_host")
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


def difference_class(control: str | None, candidate: str | None) -> str:
    """The class of both values. ``rounded``: two numbers of which one is the other, rounded to its own decimal places, or so near to
    each other that it must come of how they were computed. ``host``: texts that differ in the hosts of URLs alone."""
    ours, theirs = value_class(control), value_class(candidate)
    if "float" in {ours, theirs} <= {"integer", "float"} and _is_rounded(control or "", candidate or ""):
        return ROUNDED
    if ours == theirs == "text" and made_equal((_HOST,), _text(control or ""), _text(candidate or "")):
        return "host"
    return joined(ours, theirs)


def _is_rounded(one: str, other: str) -> bool:
    try:
        left, right = Decimal(one), Decimal(other)
        if not left.is_finite() or not right.is_finite():
            return False
        if abs(left - right) <= NEAR * max(abs(left), abs(right)):
            return True
        coarse, fine = sorted((left, right), key=lambda number: -int(number.as_tuple().exponent))
        place = int(coarse.as_tuple().exponent)
        if place > 0 or place == int(fine.as_tuple().exponent):
            return False
        return any(fine.quantize(Decimal(1).scaleb(place), rounding) == coarse for rounding in _ROUNDINGS)
    except (ArithmeticError, ValueError):
        return False


def joined(one: str, other: str) -> str:
    """The class of values of two classes."""
    if NONE in {one, other} or one == other:
        return one or other
    return "float" if {one, other} == {"integer", "float"} else MIXED


def distance(control: str | None, candidate: str | None) -> float:
    """How far two numbers are apart; 0 for what are no two numbers."""
    try:
        apart = abs(float(control or "") - float(candidate or ""))
    except ValueError:
        return 0.0
    return apart if math.isfinite(apart) else 0.0


def _text(shown: str) -> str:
    try:
        return str(json.loads(shown))
    except ValueError:  # it is cut
        return shown[1:].partition(_CUT)[0]


def _class_of_text(shown: str) -> str:
    text = _text(shown)
    return _normalised(text) or ("token" if _TOKEN.fullmatch(text) else "text")


def _normalised(value: str | bytes) -> str:
    return next((how.name for how in _NORMALISERS if content((how,), value) is not None), "")
