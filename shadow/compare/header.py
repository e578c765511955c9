"""Comparing one header of two answers by what it means. To teach a header's sense, add a file to ``headers/``."""

from __future__ import annotations

from typing import Final, Protocol

from proxy.model.normalise import Normalise
from shadow.compare import headers as senses
from shadow.compare.findings import Findings
from shadow.compare.lines import Lines
from shadow.compare.normaliser import made_equal
from shadow.compare.rules import Compiled
from shadow.compare.tree import shown
from shadow.folder import found_in
from shadow.model import Difference, Kind


class HeaderSense(Protocol):
    """What some headers mean: ``sense`` returns the same for lines that mean the same. ``origins`` are the URLs of the backend
    that sent them."""

    names: tuple[str, ...]

    def sense(self, lines: Lines, origins: tuple[str, ...]) -> Lines: ...


_SENSES: Final[dict[str, HeaderSense]] = {name: sense for sense in found_in(senses, "SENSE") for name in sense.names}


def differ_header(
    name: str,
    sides: tuple[Lines, Lines],
    origins: tuple[tuple[str, ...], tuple[str, ...]],
    rules: Compiled,
    findings: Findings,
) -> None:
    """Compare one header; ``sides`` are the control's and the candidate's lines, empty if the header is absent. What differs in
    sense may still be equal by the route's normalisers, which see the lines as they were sent."""
    control, candidate = sides
    if control == candidate and (origins[0] == origins[1] or not any("//" in line for line in control)):
        return  # the same lines mean something else to either side only if an address is in them
    left, right = _meaning(name, control, origins[0]), _meaning(name, candidate, origins[1])
    if left == right:
        return
    kind = Kind.VALUES_CHANGED
    if not control or not candidate:
        kind = Kind.DICTIONARY_ITEM_REMOVED if control else Kind.DICTIONARY_ITEM_ADDED
    place, cap = f"header:{name}", findings.limits.shown
    difference = Difference(place, kind, _text(control, cap), _text(candidate, cap))
    rule = _made_equal(rules.normalise.get(place, ()), control, candidate)
    if rule is not None:
        findings.made_equal(difference, rule)
    else:
        findings.found(difference, rules.hides(place, kind))


def _made_equal(normalise: tuple[Normalise, ...], control: Lines, candidate: Lines) -> str | None:
    """The rule that makes the lines equal, one by one; of several that it takes, the one for the first line that differs."""
    if not normalise or not control or len(control) != len(candidate):
        return None
    differing = [(left, right) for left, right in zip(control, candidate, strict=True) if left != right]
    made = [made_equal(normalise, left, right) for left, right in differing]
    if not made:  # the same lines mean different things to either side
        return normalise[0].label
    return None if None in made else made[0]


def _meaning(name: str, lines: Lines, origins: tuple[str, ...]) -> Lines | None:
    if not lines:
        return None
    sense = _SENSES.get(name)
    return sense.sense(lines, origins) if sense else tuple(sorted(lines))


def _text(lines: Lines, cap: int) -> str | None:
    return shown(", ".join(lines), cap) if lines else None
