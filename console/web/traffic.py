"""Traffic over time, as pages show it: bars by the hour, each cut by who answered. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from proxy.model.log import rfc3339
from proxy.model.table import LEGACY
from shadow.model import WRONG, Outcome
from shadow.store.read_traffic import Hour

Document = dict[str, Any]

WINDOWS: Final = {"24h": (24, 1), "7d": (168, 6), "28d": (672, 24)}
"""What can be looked at: hours, and how many of them make a bar. Bars begin at full days, quarters of days, hours (UTC); the last one runs."""

JUDGED: Final = frozenset({Outcome.MATCH, Outcome.WAIVED}) | WRONG


def first_hour(now: float, window: str) -> int:
    hours, width = WINDOWS[window]
    return (int(now // 3600) // width + 1) * width - hours


def owners_of(hours: Iterable[Hour]) -> Counter[str]:
    total: Counter[str] = Counter()
    for hour in hours:
        _add(total, hour.answered)
    return total


def moved(owners: Mapping[str, int]) -> Document:
    """How many of all requests others than legacy answered."""
    whole = sum(owners.values())
    return {"moved": whole - owners.get(LEGACY, 0), "all": whole}


def traffic_document(hours: Iterable[Hour], *, now: float, window: str) -> Document:
    """``bars`` from the oldest to now, each with its ``parts`` from the bottom up; ``owners`` in the same order, legacy first."""
    first = first_hour(now, window)
    many, width = WINDOWS[window]
    answered: list[Counter[str]] = [Counter() for _ in range(-(-many // width))]
    outcomes: list[Counter[str]] = [Counter() for _ in answered]
    for hour in hours:
        if 0 <= hour.hour - first < many:
            _add(answered[(hour.hour - first) // width], hour.answered)
            _add(outcomes[(hour.hour - first) // width], hour.outcomes)
    owners: Counter[str] = sum(answered, Counter())
    names = sorted(owners, key=lambda name: (name != LEGACY, -owners[name], name))
    return {
        "window": window,
        "from": rfc3339(first * 3600),
        "hours_a_bar": width,
        "most": max((sum(bar.values()) for bar in answered), default=0),
        "most_pairs": max((sum(found.values()) for found in outcomes), default=0),
        "owners": [{"backend": name, "answered": owners[name]} for name in names],
        **moved(owners),
        "bars": [
            {
                "from": rfc3339((first + at * width) * 3600),
                "answered": {name: bar[name] for name in names if bar[name]},
                "wrong": sum(found[outcome] for outcome in WRONG),
                "right": sum(found[outcome] for outcome in JUDGED - WRONG),
                "silent": sum(n for outcome, n in found.items() if outcome not in JUDGED),
                "judged": sum(found[outcome] for outcome in JUDGED),
            }
            for at, (bar, found) in enumerate(zip(answered, outcomes, strict=True))
        ],
    }


def added(by_route: Mapping[str, Iterable[Hour]]) -> list[Hour]:
    """All routes together."""
    found: dict[int, Hour] = {}
    for hours in by_route.values():
        for hour in hours:
            if hour.hour not in found:
                found[hour.hour] = Hour(hour.hour)
            _add(found[hour.hour].answered, hour.answered)
            _add(found[hour.hour].outcomes, hour.outcomes)
    return [found[at] for at in sorted(found)]


def _add(total: Counter[str], more: Mapping[str, int]) -> None:
    """A Counter's own way takes longer than the adding: there are thousands of these, each of two or three numbers."""
    for name, n in more.items():
        total[name] = total.get(name, 0) + n
