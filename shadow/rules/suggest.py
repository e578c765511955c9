"""Rules that a person may accept: proposed only where the control disagrees with itself, or where a difference is one of order or of
rounding and nothing else. Pure.

What the candidate alone does is never proposed to be hidden, whatever it looks like: that is what a fault looks like.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from proxy.model.path import is_below
from shadow.figures import share_of
from shadow.noise.excess import PlaceNoise, beyond_own_noise
from shadow.noise.value_class import ROUNDED

LEAST: Final = 3
"""Pairs that must have shown something before a rule is proposed."""

OFTEN: Final = 0.2
"""Share of all pairs in which a place must differ to be called noisy; what differs less often is left to the re-check."""

NEARLY: Final = 0.8

ACCEPTED_DAYS: Final = 90
"""Until when a waiver is proposed to hold."""

_USUAL: Final = ("id", "uuid", "key", "code", "sku", "slug", "ref", "number", "name")
"""Members that name items more often than others, most usual first."""

_NORMALISED: Final = {
    "timestamp": "values are times",
    "uuid": "values are UUIDs",
    "jwt": "values are JSON web tokens",
}
_MOVED: Final = "iterable_item_moved"
_CHANGED: Final = "values_changed"
_RETYPED: Final = "type_changes"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One entry of ``compare``: under which key, what it holds, and why."""

    route: str
    key: str
    entry: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class Warned:
    """What is better looked at than hidden."""

    route: str
    place: str
    why: str


KeyOf = Callable[[str], str | None]
"""The member that names the items of the list at a path, None if nobody knows one."""


def proposals(
    route: str, places: Sequence[PlaceNoise], *, compared: int, asked_twice: int, today: date, key_of: KeyOf
) -> tuple[list[Proposal], list[Warned]]:
    """For one route. ``compared`` pairs were compared, for ``asked_twice`` of them the control was asked twice."""
    suspicious = {(one.place, one.kind) for one in beyond_own_noise(list(places))}
    by_place: dict[str, list[PlaceNoise]] = defaultdict(list)
    for one in places:
        by_place[one.place].append(one)
    proposed: list[Proposal] = []
    warned: list[Warned] = []
    for place, kinds in by_place.items():
        if any((place, one.kind) in suspicious for one in kinds):
            warned.append(Warned(route, place, _how_suspicious(kinds)))
            continue
        found = _noisy(place, kinds, compared, asked_twice, today, key_of) or _same_but_for(
            place, kinds, compared, key_of
        )
        if found is not None:
            proposed.append(Proposal(route, *found))
    return _topmost(proposed), warned


Found = tuple[str, dict[str, Any], str]


def _noisy(
    place: str, kinds: list[PlaceNoise], compared: int, asked_twice: int, today: date, key_of: KeyOf
) -> Found | None:
    """The control disagrees with itself there, as often as not. Only what the control does is proposed to be hidden."""
    noisy = [one for one in kinds if one.drifted >= LEAST and one.drifted >= OFTEN * asked_twice]
    if not noisy or place in {"status", "body"} or max(one.differed for one in kinds) < OFTEN * compared:
        return None
    seen = f"the control disagreed with itself in {share_of(max(one.drifted for one in noisy), asked_twice)} pairs"
    told = {one.kind for one in noisy}
    if told == {_MOVED}:
        return _unordered(place, key_of, seen)
    until = today + timedelta(days=ACCEPTED_DAYS)
    if told == {_CHANGED}:
        sort = noisy[0].usual
        if sort in _NORMALISED:
            return "normalise", {"path": place, "as": sort}, f"{seen}; {_NORMALISED[sort]}"
        reason = f"another {sort or 'value'} in every answer"
        return "ignore", {"path": place, "reason": reason, "until": until, "kinds": [_CHANGED]}, seen
    return "ignore", {"path": place, "reason": "comes and goes by itself", "until": until}, seen


def _same_but_for(place: str, kinds: list[PlaceNoise], compared: int, key_of: KeyOf) -> Found | None:
    """Most answers differ there, but in order, rounding or address alone."""
    one = max(kinds, key=lambda kind: kind.differed)
    if one.differed < LEAST or one.differed < OFTEN * compared:
        return None
    seen = f"in {share_of(one.differed, compared)} pairs"
    if one.kind == _MOVED:
        return _unordered(place, key_of, f"the same items in another order {seen}")
    if one.usual == "host" and one.kind == _CHANGED:
        return "normalise", {"path": place, "as": "url_host"}, f"URLs that differ in their host alone {seen}"
    if one.usual == ROUNDED and one.kind == _RETYPED:
        return "normalise", {"path": place, "as": "number"}, f"equal numbers, written otherwise, {seen}"
    if one.usual == ROUNDED and one.kind == _CHANGED and one.distance:
        return (
            "tolerance",
            {place: _tolerance(one.distance)},
            f"at most {_plain(one.distance)} apart, by rounding, {seen}",
        )
    return None


def _unordered(place: str, key_of: KeyOf, why: str) -> Found:
    path = place.removesuffix("[]")
    key = key_of(path)
    return "unordered", {"path": path} | ({"key": key} if key else {}), why


def _how_suspicious(kinds: list[PlaceNoise]) -> str:
    one = max(kinds, key=lambda kind: kind.only_candidate - kind.only_control)
    return (
        f"{one.kind}: the candidate differs in {share_of(one.only_candidate + one.both, one.repeats)} pairs, the control from itself in "
        f"{share_of(one.only_control + one.both, one.repeats)}: more than noise explains"
    )


def _tolerance(distance: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below it."""
    power = 10.0 ** math.floor(math.log10(distance))
    return float(_plain(next(step * power for step in (1, 2, 5, 10) if step * power >= distance * (1 - 1e-9))))


def _plain(number: float) -> str:
    return f"{number:.3g}"


def _topmost(found: list[Proposal]) -> list[Proposal]:
    """Without those below a place that another one hides."""
    hidden = [one.entry["path"] for one in found if one.key == "ignore" and "kinds" not in one.entry]
    return [one for one in found if not any(is_below(_path(one), other) for other in hidden)]


def _path(one: Proposal) -> str:
    return str(one.entry.get("path") or next(iter(one.entry)))


def key_among(lists: Iterable[tuple[list[Any], list[Any]]]) -> str | None:
    """The member that names the items in nearly all pairs of lists: every item has it, no two of a list share it, both sides have the
    same. Nearly: in some a fault may have taken an item away."""
    votes: Counter[str] = Counter()
    pairs = 0
    for control, candidate in lists:
        pairs += 1
        votes.update(_naming(control, candidate))
    names = [name for name, n in votes.items() if n >= NEARLY * pairs]
    return min(names, key=lambda name: (_USUAL.index(name) if name in _USUAL else len(_USUAL), len(name)), default=None)


def _naming(control: list[Any], candidate: list[Any]) -> list[str]:
    items = [*control, *candidate]
    if not items or not all(isinstance(item, dict) for item in items):
        return []
    found: list[str] = []
    for name in items[0]:
        ours, theirs = ([item.get(name) for item in side] for side in (control, candidate))
        if all(isinstance(value, str | int) and not isinstance(value, bool) for value in (*ours, *theirs)):
            same = sorted(map(repr, ours)) == sorted(map(repr, theirs))
            if same and len({repr(value) for value in ours}) == len(ours):
                found.append(name)
    return found
