"""How strong is the evidence? A test that may be looked at after every pair and still holds its error rate.

With k mismatches in n pairs and the largest acceptable mismatch rate p0, a bet is made on each of some smaller rates q, and
E is the mixture of what the bets have won: E = sum of w (q/p0)^k ((1-q)/(1-p0))^(n-k). If the true rate is p0 or more, no bet
has an edge, so E exceeds 1/alpha at *any* time with a chance of at most alpha (Ville's inequality): whoever stops when it does is wrong
at most that often, however many times they looked. A bet on 0 makes clean routes cheap; the others forgive a few mismatches.
The same with bets on larger rates tells that a route is worse than its limit.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

ALPHA: Final = 0.05
"""The chance of calling a route ready that is not, or blocked that is not."""

MOST_KEPT: Final = 1024
"""Results that are kept: a report asks of every route twice, and most routes have no new pair when it is asked for again."""

Bets = tuple[tuple[float, float | None, float], ...]
"""Of each bet the logarithm of its weight, and what it wins or loses, in logarithms, by a mismatch and by a clean pair; None: one
mismatch loses it."""

_SMALLER: Final = ((0.4, 0.0), (0.1, 0.03), (0.1, 0.1), (0.1, 0.2), (0.1, 0.35), (0.1, 0.5), (0.1, 0.7))
"""Weight and rate as a multiple of the limit."""
_LARGER: Final = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)
"""How far between the limit and 1 on a logarithmic scale; weights are equal."""


@lru_cache(MOST_KEPT)
def e_value(mismatches: int, pairs: int, limit: float) -> float:
    """Evidence that the mismatch rate is below ``limit`` (0.001 for a target of 99.9 %). Infinite if beyond a float."""
    return _exp(_log_evidence(mismatches, pairs, _bets_below(limit)))


@lru_cache(MOST_KEPT)
def e_value_against(mismatches: int, pairs: int, limit: float) -> float:
    """Evidence that the mismatch rate is above ``limit``. Infinite if beyond a float."""
    return _exp(_log_evidence(mismatches, pairs, _bets_above(limit)))


@lru_cache(MOST_KEPT)
def clean_needed(mismatches: int, pairs: int, limit: float, alpha: float = ALPHA) -> int:
    """How many more pairs without a mismatch until ``e_value`` reaches 1/alpha; 0 if it has."""
    bets, goal = _bets_below(limit), -math.log(alpha)

    def enough(more: int) -> bool:
        return _log_evidence(mismatches, pairs + more, bets) >= goal

    if enough(0):
        return 0
    low, high = 0, 1024
    while not enough(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def limit_of(target: float) -> float:
    """The largest acceptable mismatch rate, without the dust of binary fractions: 0.001, not 0.0010000000000000009."""
    return round(1.0 - target, 12)


@lru_cache(MOST_KEPT)
def _bets_below(limit: float) -> Bets:
    return tuple(_bet(weight, share * _checked(limit), limit) for weight, share in _SMALLER)


@lru_cache(MOST_KEPT)
def _bets_above(limit: float) -> Bets:
    return tuple(_bet(1 / len(_LARGER), _checked(limit) ** (1 - share), limit) for share in _LARGER)


def _bet(weight: float, rate: float, limit: float) -> tuple[float, float | None, float]:
    wrong = math.log(rate / limit) if rate > 0.0 else None
    return math.log(weight), wrong, math.log1p(-rate) - math.log1p(-limit)


def _checked(limit: float) -> float:
    if not 0.0 < limit < 1.0:
        raise ValueError(f"a mismatch rate to test lies between 0 and 1, without both; this is {limit}")
    return limit


def _log_evidence(mismatches: int, pairs: int, bets: Bets) -> float:
    """In logarithms, as (q/p0)^k leaves the range of floats after some hundred mismatches."""
    if not 0 <= mismatches <= pairs:
        raise ValueError(f"{mismatches} mismatches in {pairs} pairs")
    clean = pairs - mismatches
    if mismatches:
        terms = [weight + mismatches * wrong + clean * right for weight, wrong, right in bets if wrong is not None]
    else:
        terms = [weight + clean * right for weight, _, right in bets]
    largest = max(terms)
    return largest + math.log(sum(math.exp(term - largest) for term in terms))


def _exp(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < 709.0 else math.inf
