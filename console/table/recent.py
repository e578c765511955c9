"""How many requests each route had lately: so that a plan can say how many a share is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from proxy.model.log import rfc3339
from shadow.store.read_traffic import Hour

_HOURS: Final = 2


@dataclass(frozen=True, slots=True)
class Recent:
    """``requests`` by route since ``since``, which is Unix time."""

    since: int
    requests: Mapping[str, int]

    def words(self, route: str, share: float) -> str:
        """What ``share`` of the requests of ``route`` is; empty where it had none."""
        whole = self.requests.get(route, 0)
        if not whole:
            return ""
        return f"; of its {whole:,} requests since {rfc3339(self.since)[11:16]}Z that is about {share * whole:,.0f}"


NONE_KNOWN: Final = Recent(0, {})


def recent_from(now: float) -> int:
    """From which hour (Unix time // 3600) on requests are counted: that which runs, and the one before it."""
    return int(now // 3600) - _HOURS + 1


def recent_of(from_hour: int, traffic: Mapping[str, Iterable[Hour]]) -> Recent:
    return Recent(
        from_hour * 3600, {route: sum(hour.answered.total() for hour in hours) for route, hours in traffic.items()}
    )
