"""What a comparison has found so far, within its limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from shadow.model import Difference, Kind

LOOK_EVERY: Final = 4096
"""Members and items between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one comparison. ``nodes`` are members and items looked at, ``decoded`` the bytes of a body after its content
    codings, ``shown`` the characters of one value in a difference. ``clock`` is what ``seconds`` are measured by: the CPU time
    of the thread that compares; without one, time is no bound."""

    depth: int = 200
    nodes: int = 2_000_000
    differences: int = 100
    decoded: int = 4 * 1024 * 1024
    shown: int = 200
    seconds: float = 2.0
    clock: Callable[[], float] | None = None


@dataclass(slots=True)
class Findings:
    """``limit`` says which bound stopped the comparison; then what was found is true, but there may be more. ``half_spent`` says
    that half of the nodes or of the time are used up: then what makes differences only nicer to read should be left. ``hidden``
    counts what orders and tolerances made equal, by the rule's label and the kind that it would have been."""

    limits: Limits
    differences: list[Difference] = field(default_factory=list)
    waived: list[tuple[Difference, str]] = field(default_factory=list)
    normalised: list[tuple[Difference, str]] = field(default_factory=list)
    limit: str | None = None
    nodes: int = 0
    half_spent: bool = False
    hidden: dict[tuple[str, Kind], int] = field(default_factory=dict)
    _next_look: int = 0
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._plan_look()
        if self.limits.clock is not None:
            self._began = self.limits.clock()

    def add(
        self,
        path: str,
        kind: Kind,
        control: str | None,
        candidate: str | None,
        waiver: str | None = None,
        place: str | None = None,
    ) -> None:
        """Record one differing place; ``waiver`` is the path of the rule that hides it, ``place`` what the path is an example
        of, where that cannot be told from the path."""
        self.found(Difference(path, kind, control, candidate, place), waiver)

    def found(self, difference: Difference, waiver: str | None) -> None:
        self.spend(1)
        if waiver is not None:
            if not self.hides_enough:
                self.waived.append((difference, waiver))
        elif len(self.differences) < self.limits.differences:
            self.differences.append(difference)
        else:
            self.stop(f"more than {self.limits.differences} differences")

    def made_equal(self, difference: Difference, rule: str) -> None:
        """Record a place at which two unequal values are equal by a rule, named by ``rule``."""
        if len(self.normalised) < self.limits.differences:
            self.normalised.append((difference, rule))

    def hides(self, rule: str, kind: Kind) -> None:
        """Count what would have been a difference of this kind without the rule."""
        self.hidden[rule, kind] = self.hidden.get((rule, kind), 0) + 1

    def spend(self, nodes: int) -> None:
        """Account for looking at so many members or items."""
        self.nodes += nodes
        if self.nodes >= self._next_look:
            self._look()

    def stop(self, limit: str) -> None:
        self.limit = self.limit or limit

    @property
    def hides_enough(self) -> bool:
        """Nobody reads more waived differences of one pair than this; looking for them ends, the comparison does not."""
        return len(self.waived) >= self.limits.differences

    def _look(self) -> None:
        self._plan_look()
        limits = self.limits
        used = limits.clock() - self._began if limits.clock is not None else 0.0
        self.half_spent = self.nodes * 2 > limits.nodes or used * 2 > limits.seconds
        if self.nodes > limits.nodes:
            self.stop(f"more than {limits.nodes} members and items")
        elif used > limits.seconds:
            self.stop(f"more than {limits.seconds:g} seconds of computing")

    def _plan_look(self) -> None:
        self._next_look = min(self.nodes + LOOK_EVERY, max(self.nodes, self.limits.nodes) + 1)
