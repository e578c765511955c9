"""Which backend answers, and does the other side get a copy? Pure: the same values in, the same decision out, everywhere.

The draw is a weighted rendezvous: each backend of the split has, for each identity, a number u, uniform in 0..1 and fixed for
ever; the smallest -ln(u)/weight wins. So every process agrees without talking, shares follow the weights, and a backend whose
weight rises only ever gains users (measured: tests/proxy/test_choose.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from proxy.model.decision import Decision, Skip
from proxy.model.resilience import RateKey
from proxy.model.table import LEGACY, Route, Split, Table

Dice = Callable[[], float]
"""Each call a number from 0 to below 1."""

SAFE_TO_COPY: Final = frozenset({b"GET", b"HEAD"})

WHOLE, IDENTITY, DICE, RETIRED, UNCLAIMED_REASON = "whole", "identity", "dice", "retired", "unclaimed"
"""Why this backend: it takes the whole route, the identity drew it, the dice drew it, the route is retired, no route claims it."""

REMEMBERED: Final = 1024
"""Identities whose draw a route keeps at hand; a user rarely sends one request only. Strangers cannot make it grow further."""

_SCALE: Final = 2.0**-64


def uniform(seed: blake2b, identity: bytes) -> float:
    """A number above 0 and at most 1, fixed by its arguments. ``seed`` comes from ``draw_seed`` or ``sample_seed``."""
    hashed = seed.copy()
    hashed.update(identity)
    return (int.from_bytes(hashed.digest(), "big") + 0.5) * _SCALE


def draw_seed(salt: str, backend: str) -> blake2b:
    return _seed("draw", salt, backend)


def sample_seed(salt: str) -> blake2b:
    """Another hash than the draw's, so that who is copied says nothing of who answers; one for a group, so that whole
    sessions are copied."""
    return _seed("sample", salt)


def _seed(*parts: str) -> blake2b:
    # Lengths first: no two lists of parts are the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(text.encode(), digest_size=8)


def draw(split: Split, identity: bytes) -> str:
    """The backend that this identity gets. The split must have an arm with weight."""
    return min(
        (-math.log(uniform(draw_seed(split.salt, name), identity)) / weight, name) for name, weight in split.drawn
    )[1]


def threshold(salt: str, identity: bytes, new: str, other: str = LEGACY) -> float:
    """The share of ``new``, 0 to 1, from which on this identity gets it, where ``other`` has the rest. Uniform over identities."""
    distance = -math.log(uniform(draw_seed(salt, new), identity))
    other_distance = -math.log(uniform(draw_seed(salt, other), identity))
    return distance / (distance + other_distance) if distance else 0.0


class _Arm:
    """One backend of a split, with every decision that can name it, made beforehand."""

    __slots__ = ("copied", "name", "not_sampled", "seed", "uncopied", "unsafe", "weight")

    def __init__(self, route: Route, table: Table, name: str, weight: int, reason: str) -> None:
        self.name = name
        self.weight = weight
        self.seed = draw_seed(route.split.salt, name)
        primary = table.backends[name]
        other = other_side(route, name)
        shadow = table.backends[other] if other else None
        self.copied = Decision(route, primary, shadow, reason, None) if shadow else None
        self.uncopied = Decision(route, primary, None, reason, Skip.NO_SHADOW)
        self.unsafe = Decision(route, primary, None, reason, Skip.UNSAFE_METHOD)
        self.not_sampled = Decision(route, primary, None, reason, Skip.NOT_SAMPLED)


def other_side(route: Route, primary: str) -> str | None:
    """Who gets the copy: the candidate when legacy answers, legacy when the candidate does, else nobody."""
    if route.shadow is None or route.retired or route.candidate is None:
        return None
    return {LEGACY: route.candidate, route.candidate: LEGACY}.get(primary)


class Chooser:
    """Decides for one route. Built once for a table; choosing allocates next to nothing."""

    __slots__ = (
        "_any_method",
        "_arms",
        "_drawn",
        "_only",
        "_sample",
        "_sample_seed",
        "_weight",
        "issues_identity",
        "route",
        "uses_identity",
    )

    def __init__(self, route: Route, table: Table, reason: str | None = None) -> None:
        self.route = route
        drawn = route.split.drawn
        split = len(drawn) > 1
        reason = reason or (RETIRED if route.retired else (IDENTITY if route.sticky else DICE) if split else WHOLE)
        self._arms = tuple(_Arm(route, table, name, weight, reason) for name, weight in drawn)
        self._only = None if split else self._arms[0]
        self._drawn: dict[bytes, _Arm] = {}
        self._weight = sum(arm.weight for arm in self._arms)
        self._any_method = route.shadow is not None and route.shadow.unsafe is not None
        self._sample = route.shadow.sample if route.shadow else 0.0
        self._sample_seed = sample_seed(route.split.salt)
        self.issues_identity = split and route.sticky
        """Users must be told apart, so one without an identity is given one."""
        limited = route.rate_limit is not None and route.rate_limit.by is RateKey.IDENTITY
        self.uses_identity = self.issues_identity or 0.0 < self._sample < 1.0 or limited

    def choose(self, method: bytes, identity: bytes | None, dice: Dice) -> Decision:
        """The decision on one request. Without an identity the dice decide."""
        arm = self._only or self._draw(identity, dice)
        if arm.copied is None:
            return arm.uncopied
        if method not in SAFE_TO_COPY and not self._any_method:
            return arm.unsafe
        if self._sample < 1.0:
            drawn = dice() if identity is None else uniform(self._sample_seed, identity)
            if drawn >= self._sample:
                return arm.not_sampled
        return arm.copied

    def _draw(self, identity: bytes | None, dice: Dice) -> _Arm:
        if identity is None or not self.issues_identity:
            left = dice() * self._weight
            for arm in self._arms:
                left -= arm.weight
                if left < 0:
                    return arm
            return self._arms[-1]
        chosen = self._drawn.get(identity)
        if chosen is not None:
            return chosen
        nearest, chosen = math.inf, self._arms[0]
        for arm in self._arms:
            distance = -math.log(uniform(arm.seed, identity)) / arm.weight
            if distance < nearest or (distance == nearest and arm.name < chosen.name):
                nearest, chosen = distance, arm
        if len(self._drawn) >= REMEMBERED:
            self._drawn.clear()
        self._drawn[identity] = chosen
        return chosen
