"""Durations, sizes, shares, names, and variables of the environment, as they are written in routes.yaml."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_VARIABLE = re.compile(
    r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<broken>\$\{)"
)
_DURATION = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?P<unit>ms|s|m|h|d)")
_SIZE = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,3})?) ?(?P<unit>B|KiB|MiB|GiB)")
_SHARE = re.compile(r"(?P<number>[0-9]{1,3}(?:\.[0-9]{1,9})?) ?%")

DURATION_PATTERN: Final = r"^[0-9]+(\.[0-9]+)? ?(ms|s|m|h|d)$"
SIZE_PATTERN: Final = r"^[0-9]+(\.[0-9]+)? ?(B|KiB|MiB|GiB)$"
SHARE_PATTERN: Final = r"^[0-9]+(\.[0-9]+)? ?%$"
NAME_PATTERN: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$"
VARIABLE_PATTERN: Final = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_LONGEST = 7 * 86400.0
TEN_YEARS: Final = 3650 * 86400.0


class Malformed(ValueError):
    """A value is not written as it should be. ``help`` says what to write."""

    def __init__(self, message: str, help_: str) -> None:
        super().__init__(message)
        self.help = help_


class Unset(Malformed):
    """A variable is asked for that the environment does not have."""


class Substituted(str):
    """Text that came, wholly or in part, from a variable: a number where a number is wanted, text where text is."""

    __slots__ = ()


def substitute(text: str, environ: Mapping[str, str]) -> Substituted:
    """Replace ``${NAME}`` and ``${NAME:-default}`` (the default also stands in for an empty value); ``$${`` is a plain ``${``.

    What comes out is a value, never YAML again: a variable cannot bring in keys. Raises Unset.
    """

    def value(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "${"
        if found["broken"]:
            raise Unset(
                "${ begins a variable, and this is none", "write ${NAME} or ${NAME:-default}; a plain ${ is written $${"
            )
        name, default = found["name"], found["default"]
        given = environ.get(name)
        if default is not None:
            return given or default
        if given is None:
            raise Unset(f"the environment has no variable {name}", f"set it, or write ${{{name}:-default}}")
        return given

    return Substituted(_VARIABLE.sub(value, text))


def seconds(text: str, *, allow_zero: bool = False, longest: float = _LONGEST) -> float:
    """``500ms 30s 5m 24h 7d`` in seconds. Raises Malformed."""
    found = _DURATION.fullmatch(text)
    if found is None:
        help_ = f"write {text}s or {text}ms" if text.isdecimal() else "write a number and a unit: 500ms, 30s, 5m, 24h"
        raise Malformed(f'"{text[:40]}" is not a duration', help_)
    value = float(found["number"]) * _SECONDS[found["unit"]]
    if value > longest or (value == 0 and not allow_zero):
        raise Malformed(
            f"{text} is out of range", f"a duration is more than nothing and at most {longest / 86400.0:g}d"
        )
    return value


def size(text: str, limit: int) -> int:
    """``64KiB 1MiB 2GiB`` in bytes, at most ``limit``. Raises Malformed."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise Malformed(f'"{text[:40]}" is not a size', "write a number and B, KiB or MiB: 64KiB, 1MiB")
    value = math.floor(float(found["number"]) * _BYTES[found["unit"]])
    if value > limit:
        raise Malformed(f"{text} is too much", f"at most {limit // (1024 * 1024)}MiB")
    return value


def share(text: str) -> float:
    """``10%`` as a fraction, 0 to 1. Raises Malformed."""
    found = _SHARE.fullmatch(text)
    if found is None:
        help_ = f"write {text}%" if re.fullmatch(r"[0-9.]+", text) else "write a number and a percent sign: 10%, 99.9%"
        raise Malformed(f'"{text[:40]}" is not a share', help_)
    value = Decimal(found["number"]) / 100  # so that 99.9% is the float that people write as 0.999
    if value > 1:
        raise Malformed(f"{text} is more than all", "a share is 0% to 100%")
    return float(value)
