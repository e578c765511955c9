"""Text in which every match of ``pattern`` becomes ``replace``. A match lies within one line; in lines of more than 8,192 characters
nothing is replaced."""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, Final

from proxy.model.normalise import Normalise

MAX_LINE: Final = 8192
"""Searching may take quadratic time, however harmless the pattern is for a match of the whole."""


class RegexNormaliser:
    name = "regex"
    examples: tuple[tuple[Any, Any, bool], ...] = ()
    """Without a pattern it says nothing."""

    def normal(self, value: Any, how: Normalise) -> Hashable | None:
        if not isinstance(value, str) or how.pattern is None:
            return None
        try:
            replaced = _compiled(how.pattern).sub
            lines = [replaced(how.replace, line) if len(line) <= MAX_LINE else line for line in value.split("\n")]
        except (re.error, IndexError):  # a group that is not there; the table's checks refuse it
            return None
        return "\n".join(lines)

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:  # noqa: ARG002 - equal is near enough
        return True


_compiled = lru_cache(maxsize=256)(re.compile)

NORMALISER = RegexNormaliser()
