"""Path patterns as written in the table: ``/a/b``, ``/a/{id}``, ``/a/**``; and their order, the most specific first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from proxy.target import AmbiguousTarget, split_target

PARAMETER: Final = None
"""Stands in a pattern's steps for ``{name}``: any one segment that is not empty."""

_LITERAL_RANK, _PARAMETER_RANK, _BELOW_RANK, _REGEX_RANK = range(4)

ANY_RANK: Final = (_BELOW_RANK,)
"""A match without a path condition ranks as ``/**`` does."""

REGEX_RANK: Final = (_REGEX_RANK,)

_PARAMETER = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")


class BadPattern(ValueError):
    """No path pattern. ``help`` says what to write."""

    def __init__(self, message: str, help_: str) -> None:
        super().__init__(message)
        self.help = help_


@dataclass(frozen=True, slots=True)
class Pattern:
    """``steps`` are decoded literal segments or PARAMETER; ``below`` tells that everything below matches too."""

    steps: tuple[bytes | None, ...]
    below: bool

    @property
    def rank(self) -> tuple[int, ...]:
        """Smaller is more specific: segment by segment, literal before parameter before the open end."""
        ranks = tuple(_PARAMETER_RANK if step is PARAMETER else _LITERAL_RANK for step in self.steps)
        return (*ranks, _BELOW_RANK) if self.below else ranks

    def matches(self, segments: list[bytes]) -> bool:
        if len(segments) < len(self.steps) or (len(segments) > len(self.steps) and not self.below):
            return False
        return all(
            segment if step is PARAMETER else step == segment
            for step, segment in zip(self.steps, segments, strict=False)
        )


@lru_cache(maxsize=16384)
def parse_pattern(text: str) -> Pattern:
    """Read a path pattern. Literal segments may be percent-encoded, as they are in a URL. Raises BadPattern."""
    if not text.startswith("/"):
        raise BadPattern(
            "a path begins with /", f"write /{text}" if text and "://" not in text else "write /orders/{id}"
        )
    for char in "?#":
        if char in text:
            raise BadPattern(f"a path holds no {char}", "match the query with `query: { name: value }`")
    if " " in text or not text.isprintable():
        raise BadPattern("a path holds no spaces or control characters", "write a space as %20")
    written = text[1:].split("/")
    below = written[-1] == "**"
    if below:
        written.pop()
    names: set[str] = set()
    for position, segment in enumerate(written):
        _check_segment(segment, last=position == len(written) - 1 and not below, names=names)
    try:
        literals, _ = split_target(text.encode(), b"GET")
    except AmbiguousTarget as error:
        raise BadPattern(
            f"such a path is refused on its way in: {error}", "write the path that it stands for"
        ) from None
    assert literals is not None  # only the target * has none
    steps = [PARAMETER if raw.startswith("{") else literal for raw, literal in zip(written, literals, strict=False)]
    return Pattern(tuple(steps), below)


def _check_segment(segment: str, *, last: bool, names: set[str]) -> None:
    if segment == "" and not last:
        raise BadPattern("a path holds no empty segment (//)", "write one /")
    if segment in names:
        raise BadPattern(f"{segment} stands in this path twice", "give each parameter a name of its own")
    if _PARAMETER.fullmatch(segment):
        names.add(segment)
    elif "{" in segment or "}" in segment:
        raise BadPattern(
            f'"{segment}" mixes a parameter and text', "a parameter is a whole segment: /orders/{id}; or use path_regex"
        )
    elif segment == "**":
        raise BadPattern("** stands at the end of a path only", "write {name} for one segment, or use path_regex")
    elif "*" in segment:
        raise BadPattern(
            f'"{segment}" holds a *', "write {name} for one segment, ** at the end for all below, %2A for the character"
        )
    elif segment.startswith(":") and len(segment) > 1:
        raise BadPattern(f'"{segment}" is no parameter here', f"write {{{segment[1:]}}}; %3A for the character")
