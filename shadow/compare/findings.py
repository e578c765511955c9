"""What a comparison has found so far, within its limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from shadow.model import Difference, Kind


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one comparison. ``nodes`` are members and items looked at, ``decoded`` the bytes of a body after its content
    codings, ``shown`` the characters of one value in a difference."""

    depth: int = 200
    nodes: int = 1_000_000
    differences: int = 100
    decoded: int = 4 * 1024 * 1024
    shown: int = 200


@dataclass(slots=True)
class Findings:
    """``limit`` says which bound stopped the comparison; then what was found is true, but there may be more."""

    limits: Limits
    differences: list[Difference] = field(default_factory=list)
    waived: list[tuple[Difference, str]] = field(default_factory=list)
    limit: str | None = None
    nodes: int = 0

    def add(self, path: str, kind: Kind, control: str | None, candidate: str | None, waiver: str | None = None) -> None:
        """Record one differing place; ``waiver`` is the path of the rule that hides it."""
        difference = Difference(path, kind, control, candidate)
        if waiver is not None:
            if not self.hides_enough:
                self.waived.append((difference, waiver))
        elif len(self.differences) < self.limits.differences:
            self.differences.append(difference)
        else:
            self.stop(f"more than {self.limits.differences} differences")

    def spend(self, nodes: int) -> None:
        """Account for looking at so many members or items."""
        self.nodes += nodes
        if self.nodes > self.limits.nodes:
            self.stop(f"more than {self.limits.nodes} members and items")

    def stop(self, limit: str) -> None:
        self.limit = self.limit or limit

    @property
    def hides_enough(self) -> bool:
        """Nobody reads more waived differences of one pair than this; looking for them ends, the comparison does not."""
        return len(self.waived) >= self.limits.differences
