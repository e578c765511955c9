"""What the console asks of a job's process: one JSON object, on its standard input. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from shadow.store.selection import Selection

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replay:
    """Send the newest ``limit`` kept requests of ``route`` to ``url``. ``table`` is the text of the route table."""

    route: str
    url: str
    table: str
    since: float | None = None
    outcome: str | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class Rejudge:
    """Judge what was kept of ``route``, of all routes for None, by the rules in ``table``; ``name`` is what that text is called."""

    table: str
    name: str
    route: str | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Purge:
    """Remove what was looked at; ``identities`` are hashed, under the key that has ``key_mark``."""

    identities: tuple[str, ...]
    route: str | None
    before: float | None
    pair: str | None
    key_mark: str
    by: str

    @property
    def selection(self) -> Selection:
        return Selection(tuple(self.identities), self.route, self.before, self.pair)


Asked = Replay | Rejudge | Purge


def to_json(asked: Asked) -> Document:
    return asdict(asked)
