"""Compare rules that make two values comparable before they are compared: what routes.yaml may say of them.

What each one does is in ``shadow/compare/normalisers``, one file each; a test holds the two lists together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NORMALISERS: Final[dict[str, frozenset[str]]] = {
    "case": frozenset(),
    "empty": frozenset(),
    "jwt": frozenset(),
    "number": frozenset({"digits"}),
    "regex": frozenset({"pattern", "replace"}),
    "sorted": frozenset({"separator"}),
    "timestamp": frozenset({"within"}),
    "url_host": frozenset(),
    "uuid": frozenset(),
    "whitespace": frozenset(),
}
"""By name: the options that it takes beside ``path``, ``as`` and ``reason``."""


@dataclass(frozen=True, slots=True)
class Normalise:
    """The values at ``path`` are compared as ``name`` says. ``within`` is seconds, ``digits`` decimal places; ``pattern`` is a regular
    expression whose every match becomes ``replace``; ``separator`` parts a text."""

    path: str
    name: str
    within: float | None = None
    digits: int | None = None
    pattern: str | None = None
    replace: str = ""
    separator: str = ","
    reason: str | None = None

    @property
    def label(self) -> str:
        """How reports name this rule."""
        return f"{self.path} as {self.name}"
