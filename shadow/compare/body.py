"""What a body type is. To add one, add a file to ``bodies/`` that defines ``BODY``; its docstring is its reference."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shadow.compare.findings import Findings
from shadow.compare.media import Media
from shadow.compare.rules import Place
from shadow.compare.tree import Tree

MAX_ENTRIES: Final = 100_000
"""Lines, events or fields of one body that are read one by one."""


class Claim(enum.IntEnum):
    """How sure a body type is that a body is its own: not at all, by the look of it, or because the answer says so."""

    NONE = 0
    LOOK = 1
    LABEL = 2


@dataclass(frozen=True, slots=True)
class Document:
    """A body that could be read: ``value`` in the shape of the body type, ``charset`` None for what is no text. ``labelled``
    tells whether the answer named that charset."""

    value: Any
    charset: str | None = None
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """Two bodies of a type and where they differ: part of the type's reference, and a test."""

    about: str
    media: str
    control: bytes
    candidate: bytes
    places: tuple[str, ...] = ()


class Shape(Protocol):
    """What a body's value is: see shadow/compare/shapes.py."""

    def trees(self, control: Any, candidate: Any, place: Place) -> tuple[Tree, Tree, Place] | None:
        """What is walked, and where its rules begin; None for what has no places. May change the values."""
        ...

    def differ(self, control: Any, candidate: Any, place: Place, findings: Findings) -> None:
        """Add the differing places of two values to ``findings``. ``place`` is where the body begins."""
        ...

    def shown(self, value: Any, cap: int) -> str:
        """A value as short JSON text."""
        ...


class Body(Protocol):
    """One body type. Types are asked in the order of ``precedence``, lowest first; the first that claims either side and can
    read both compares them. Where the label claims it and only one side can be read, that is the difference."""

    precedence: int
    shape: Shape
    examples: tuple[Example, ...]

    def claim(self, media: Media, body: bytes) -> Claim:
        """May look at the body's first bytes, never parse it."""
        ...

    def read(self, body: bytes, media: Media) -> Document:
        """Raises Unreadable (not of this type) or Unsupported (beyond a bound of ours). ``body`` is not hidden, nor trusted."""
        ...
