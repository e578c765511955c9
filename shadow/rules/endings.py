"""Waivers that end: those of a week from now are announced, those that have ended are told of, since they hide nothing any more. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from proxy.model.table import CompareRules

SOON_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Ending:
    """One waiver; ``days`` it still holds beside today, negative once it has ended."""

    path: str
    until: date
    days: int

    @property
    def sentence(self) -> str:
        return sentence(self.path, self.until, self.days)


def sentence(path: str, until: date, days: int) -> str:
    if days < 0:
        return f"the waiver of {path} ended with {until}: these differences count again"
    when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days, with {until}"
    return f"the waiver of {path} ends {when}: then these differences count again"


def endings(rules: CompareRules, today: date) -> list[Ending]:
    """Those that have ended and those that will within SOON_DAYS, the earliest first."""
    found = [
        Ending(waiver.path, waiver.until, (waiver.until - today).days)
        for waiver in rules.ignore
        if waiver.until is not None and (waiver.until - today).days <= SOON_DAYS
    ]
    return sorted(found, key=lambda ending: ending.until)
