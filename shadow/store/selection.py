"""Which kept pairs somebody wants removed: SQL conditions over ``pair`` and ``epoch``, all of which must hold. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

ROUTE_EPOCHS: Final = "SELECT id FROM epoch WHERE route = ?"
_LISTED: Final = "SELECT value FROM json_each(?)"

Condition = tuple[str, tuple[str | float, ...]]
"""SQL and its values."""


@dataclass(frozen=True, slots=True)
class Selection:
    """At least one is given. ``identities`` are hashed; ``before`` is Unix time; ``pair`` is a pair's whole id, or a request's."""

    identities: tuple[str, ...] = ()
    route: str | None = None
    before: float | None = None
    pair: str | None = None

    def __post_init__(self) -> None:
        if not (self.identities or self.route or self.pair or self.before is not None):
            raise ValueError("a selection of everything is none")

    @property
    def whole_route(self) -> str | None:
        """The route of which nothing is to stay, if only a route is named."""
        return None if self.identities or self.pair or self.before is not None else self.route

    @property
    def condition(self) -> Condition:
        """What holds for the pairs that are selected."""
        rest, values = self.but_identities
        if not self.identities:
            return rest, values
        return f"{rest} AND identity IN ({_LISTED})", (*values, json.dumps(self.identities))

    @property
    def but_identities(self) -> Condition:
        """The same, whosever they are."""
        parts: list[str] = ["1"]
        values: list[str | float] = []
        if self.route is not None:
            parts.append(f"epoch IN ({ROUTE_EPOCHS})")
            values.append(self.route)
        if self.before is not None:
            parts.append("pair.at < ?")
            values.append(self.before)
        if self.pair is not None:
            parts.append("(pair.id = ? OR request_id = ?)")
            values += [self.pair, self.pair]
        return " AND ".join(parts), tuple(values)
