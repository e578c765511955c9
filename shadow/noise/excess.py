"""Does the candidate differ from the control more often than the control differs from itself?

Of a small random share of the pairs the control is asked twice: A and A', beside the candidate's answer B. At each place that differs
anywhere, b pairs have A != B but A = A', and c have A = B but A != A'. If the candidate is only as noisy as the control, either is as
likely, whatever both have in common; so b against c is a fair coin, and a bet against it is a test that may be looked at after every pair
(as in ``evidence.e_value``): E = mean of (2t)^b (2 - 2t)^c over some t above a half. A noise rule that looks at one pair cannot tell this: what
always differs explains everything. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shadow.evidence.e_value import ALPHA

_BETS: Final = (0.55, 0.6, 0.7, 0.8, 0.9, 0.99)
USUAL: Final = 0.9
_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class PlaceNoise:
    """What is known of one place and kind of difference in one epoch.

    ``differed`` pairs differ there; in ``drifted`` the control, asked again for whatever reason, disagreed with itself. Of the
    ``repeats``, pairs chosen by dice, ``only_candidate`` (b) and ``only_control`` (c) have just one of the two, ``both`` have both.
    ``sorts`` tells by sort of difference in how many pairs it was that one, ``distance`` is the largest one between two numbers that
    differ by rounding.
    """

    place: str
    kind: str
    differed: int = 0
    drifted: int = 0
    only_candidate: int = 0
    only_control: int = 0
    both: int = 0
    repeats: int = 0
    sorts: Mapping[str, int] = field(default_factory=dict)
    distance: float = 0.0

    @property
    def usual(self) -> str:
        """The sort that nine in ten are of, empty if there is none: one fault among much noise must not hide what the noise is."""
        whole = sum(self.sorts.values())
        return next((sort for sort, n in self.sorts.items() if n >= USUAL * whole), "")


@dataclass(frozen=True, slots=True)
class Excess:
    """How much more often the candidate differs than the control from itself, as shares of the repeats, with a 95 % interval."""

    candidate: float
    control: float
    excess: float
    margin: float
    pairs: int


def excess_of(noise: PlaceNoise) -> Excess | None:
    """None without repeats. McNemar's estimate: (b - c)/m with the standard error of paired proportions."""
    m, b, c = noise.repeats, noise.only_candidate, noise.only_control
    if not m:
        return None
    excess = (b - c) / m
    error = math.sqrt(max(0.0, b + c - (b - c) ** 2 / m)) / m
    return Excess((b + noise.both) / m, (c + noise.both) / m, excess, _Z * error, m)


def evidence_of_excess(only_candidate: int, only_control: int) -> float:
    """How strongly b against c speaks for the candidate differing more often. Infinite if beyond a float."""
    terms = [
        only_candidate * math.log(2 * bet) + only_control * math.log(2 - 2 * bet) - math.log(len(_BETS))
        for bet in _BETS
    ]
    largest = max(terms)
    logarithm = largest + math.log(sum(math.exp(term - largest) for term in terms))
    return math.exp(logarithm) if logarithm < 709.0 else math.inf


def beyond_own_noise(places: list[PlaceNoise], alpha: float = ALPHA) -> list[PlaceNoise]:
    """The noisy places at which the candidate differs more often than the control from itself: of all looked at, none is wrongly among
    them with a chance of ``1 - alpha``, however often one looks. Where the control never disagrees with itself, every difference counts
    by itself already."""
    noisy = [place for place in places if place.drifted]
    needed = len(noisy) / alpha
    return [place for place in noisy if evidence_of_excess(place.only_candidate, place.only_control) >= needed]
