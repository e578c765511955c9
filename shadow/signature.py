"""Signatures: all differences of one route, place and kind are one thing to fix, accept or ignore."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from shadow.model import Comparison, Difference, Kind


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature as seen in one pair: ``places`` is how often, ``example`` the first difference."""

    id: str
    route: str
    path: str
    kind: Kind
    places: int
    example: Difference


def signature_id(route: str, place: str, kind: str) -> str:
    """Twelve hexadecimal digits, the same on every machine and after every restart."""
    text = json.dumps([route, place, str(kind)])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def signatures_of(route: str, comparison: Comparison) -> tuple[Signature, ...]:
    """The signatures of one pair's differences, each once however many places it has, in the order of their paths."""
    groups: dict[tuple[str, Kind], list[Difference]] = {}
    for difference in comparison.differences:
        groups.setdefault((difference.place, difference.kind), []).append(difference)
    return tuple(
        Signature(signature_id(route, place, kind), route, place, kind, len(group), group[0])
        for (place, kind), group in sorted(groups.items())
    )
