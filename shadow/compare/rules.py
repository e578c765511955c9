"""A route's compare rules, compiled: a place knows what the rules say about it and leads to the places below.

The rules are a small automaton that is built as answers are walked: no path is ever rendered to text and matched by a
pattern, and a place that no rule speaks about is one shared object, ``NOWHERE``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from proxy.model.normalise import Normalise
from proxy.model.path import Step, Wild, parse_path
from proxy.model.table import CompareRules, Unordered, Waiver, tolerance_label

MAX_PLACES: Final = 4096
"""Places kept per rule set. Wildcards of any depth can make very many in a hostile document; past this they are not kept."""

EVERY: Final = "*"
"""Among ``compare.headers``: all of them."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Numbers that are at most ``distance`` apart are equal; ``label`` is how reports name the rule."""

    distance: Decimal
    label: str


Effect = Waiver | Normalise | Unordered | Tolerance
Position = tuple[int, int]
"""A rule's number and how many of its steps are behind us."""


class Place:
    """``waiver`` is the path of the rule that hides all at or below here, ``limited`` those that hide some kinds of differences;
    ``normalise`` are the rules that make values here comparable, ``unordered`` says how to pair the items of a list here,
    ``tolerance`` is the distance that counts as equal."""

    __slots__ = (
        "_automaton", "_children", "_positions", "limited", "normalise", "tolerance", "unordered", "waiver",
    )  # fmt: skip

    def __init__(self, automaton: _Automaton, positions: frozenset[Position]) -> None:
        self._automaton = automaton
        self._positions = positions
        self._children: dict[Step | None, Place] = {}
        self.waiver: str | None = None
        self.limited: tuple[Waiver, ...] = ()
        self.normalise: tuple[Normalise, ...] = ()
        self.unordered: Unordered | None = None
        self.tolerance: Tolerance | None = None
        for number, behind in sorted(positions, reverse=True):  # the rule written first has the last word
            steps, effect = automaton.rules[number]
            if behind < len(steps):
                continue
            match effect:
                case Waiver(path=path, kinds=()):
                    self.waiver = path
                case Waiver():
                    self.limited = (effect, *self.limited)
                case Normalise():
                    self.normalise = (effect, *self.normalise)
                case Unordered():
                    self.unordered = effect
                case Tolerance():
                    self.tolerance = effect

    @property
    def silent(self) -> bool:
        """Whether no rule speaks about here or anywhere below."""
        return not self._positions

    def hides(self, kind: str) -> str | None:
        """The path of the rule that hides differences of this kind here."""
        return self.waiver if self.waiver is not None else hidden_by(self.limited, kind)

    def child(self, step: str | int) -> Place:
        """The place of a member or an item."""
        if not self._positions:
            return self
        known = step if step in self._automaton.named else (None if isinstance(step, str) else Wild.ITEM)
        child = self._children.get(known)
        if child is None:
            child, kept = self._automaton.after(self._positions, step)
            if kept:
                self._children[known] = child
        return child

    def loosely(self) -> Place:
        """Where a document begins, for documents in which a name may occur once or several times: there a path means the same
        with ``[]`` or without, and what is said of an element holds for its text."""
        return self._automaton.loosely()

    @property
    def tolerant(self) -> bool:
        """Whether any rule allows numbers to differ, here or elsewhere."""
        return any(isinstance(effect, Tolerance) for _, effect in self._automaton.rules)


def hidden_by(waivers: Iterable[Waiver], kind: str) -> str | None:
    """The path of the first of ``waivers`` that hides differences of this kind."""
    return next((waiver.path for waiver in waivers if not waiver.kinds or kind in waiver.kinds), None)


class _Automaton:
    """All rules of a set, and the places met so far. In a loose one, indices of rules and of documents may be left out."""

    __slots__ = ("_loose", "_places", "_twin", "named", "rules", "start")

    def __init__(self, rules: Iterable[tuple[tuple[Step, ...], Effect]], *, loose: bool = False) -> None:
        self.rules = tuple(rules)
        self._loose = loose
        self._twin: _Automaton | None = None
        named = {step for steps, _ in self.rules for step in steps if not isinstance(step, Wild)}
        self.named = frozenset({*named, "#text"}) if loose else frozenset(named)
        self._places: dict[frozenset[Position], Place] = {}
        self.start, _ = self._place({(number, 0) for number in range(len(self.rules))})

    def loosely(self) -> Place:
        if self._twin is None:
            self._twin = _Automaton(self.rules, loose=True)
        return self._twin.start

    def after(self, positions: frozenset[Position], child: str | int) -> tuple[Place, bool]:
        moved: set[Position] = set()
        for number, behind in positions:
            steps, _ = self.rules[number]
            if self._loose and (child == "#text" or isinstance(child, int)):
                moved.add((number, behind))
            if behind == len(steps):
                continue
            step = steps[behind]
            if step is Wild.DEEP:
                moved.add((number, behind))
            elif step == child or step is Wild.CHILD or (step is Wild.ITEM and isinstance(child, int)):
                moved.add((number, behind + 1))
        return self._place(moved)

    def _skips(self, step: Step) -> bool:
        return step is Wild.DEEP or (self._loose and step is Wild.ITEM)

    def _place(self, positions: set[Position]) -> tuple[Place, bool]:
        """The place of these positions and whether it is kept. "At any depth" includes no depth at all, and
        a loose index no index."""
        todo = list(positions)
        while todo:
            number, behind = todo.pop()
            steps, _ = self.rules[number]
            skipped = behind < len(steps) and self._skips(steps[behind])
            if skipped and (number, behind + 1) not in positions:
                positions.add((number, behind + 1))
                todo.append((number, behind + 1))
        key = frozenset(positions)
        place = self._places.get(key)
        if place is not None:
            return place, True
        place = Place(self, key)
        kept = len(self._places) < MAX_PLACES
        if kept:
            self._places[key] = place
        return place, kept


NOWHERE: Final = _Automaton(()).start
"""A place that no rule speaks about, and so are all below it."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The rules in force on one day. ``waivers`` and ``normalise`` are those of the places outside the body: ``status``,
    ``header:NAME`` and ``body:charset``; ``body`` is where the body's places begin. ``every_header``: not only ``headers`` are
    compared, but all that are not volatile."""

    body: Place
    waivers: dict[str, tuple[Waiver, ...]]
    normalise: dict[str, tuple[Normalise, ...]]
    headers: tuple[bytes, ...]
    every_header: bool = False

    def hides(self, place: str, kind: str) -> str | None:
        """The path of the rule that hides differences of this kind at a place outside the body."""
        return hidden_by(self.waivers.get(place, ()), kind)


@lru_cache(maxsize=256)
def compiled(rules: CompareRules, today: date | None) -> Compiled:
    """Compile once per rule set and day. ``today`` None keeps every waiver, ended or not. Raises BadPath."""
    waivers = [waiver for waiver in rules.ignore if today is None or waiver.until is None or waiver.until >= today]
    of_answer: dict[str, tuple[Waiver, ...]] = defaultdict(tuple)
    of_headers: dict[str, tuple[Normalise, ...]] = defaultdict(tuple)
    effects: list[tuple[tuple[Step, ...], Effect]] = []
    for waiver in waivers:
        place = waiver.path.lower()
        for other in (place, "body:charset") if place == "body" else (place,):
            of_answer[other] += (waiver,)
    placed: tuple[Waiver | Normalise, ...] = (*waivers, *rules.normalise)
    for rule in placed:
        if rule.path.startswith("$") or rule.path.lower() == "body":
            effects.append((() if rule.path.lower() == "body" else parse_path(rule.path), rule))
        elif isinstance(rule, Normalise):
            of_headers[rule.path.lower()] += (rule,)
    effects += [(parse_path(unordered.path), unordered) for unordered in rules.unordered]
    effects += [
        (parse_path(path), Tolerance(Decimal(repr(distance)), tolerance_label(path, distance)))
        for path, distance in rules.tolerance
    ]
    return Compiled(
        body=_Automaton(effects).start if effects else NOWHERE,
        waivers=dict(of_answer),
        normalise=dict(of_headers),
        headers=tuple(
            dict.fromkeys(name.lower().encode("latin-1", "replace") for name in rules.headers if name != EVERY)
        ),
        every_header=EVERY in rules.headers,
    )
