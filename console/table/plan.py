"""The plan of a change: what another table would do, from both tables and from recorded requests. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from console.table.changes import Change, changes_of
from console.table.owners import Move, Moves, moves_of, taken
from proxy.model.table import Table
from proxy.routing import Routing
from shadow.store import StoredPair

_KEY = b"a plan asks nobody for a cookie"

MOST_REQUESTS = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """``taken`` are sentences about paths; ``moves`` is None where nothing is recorded."""

    changes: tuple[Change, ...]
    taken: tuple[str, ...]
    moves: Moves | None

    @property
    def is_empty(self) -> bool:
        """Whether users and evidence would notice nothing."""
        return not self.changes and not self.taken


def plan_of(before: Table, after: Table, pairs: Iterable[StoredPair] | None) -> Plan:
    old, new = Routing(before, _KEY), Routing(after, _KEY)
    return Plan(changes_of(before, after), taken(old, new), None if pairs is None else moves_of(old, new, pairs))


def plan_document(plan: Plan) -> dict[str, Any]:
    return {
        "changes": [{"kind": one.kind, "name": one.name, "text": one.text} for one in plan.changes],
        "taken": list(plan.taken),
        "requests": None if plan.moves is None else _requests(plan.moves),
    }


def _requests(moves: Moves) -> dict[str, Any]:
    return {
        "read": moves.read,
        "refused": moves.refused,
        "change_owner": moves.moved,
        "share": round(moves.moved / moves.read, 6) if moves.read else None,
        "moves": [_move(move) for move in moves.moves],
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "from": {"route": move.before.route, "backend": move.before.backend},
        "to": {"route": move.after.route, "backend": move.after.backend},
        "count": move.count,
        "examples": [{"method": method, "target": target, "pair": pair} for method, target, pair in move.examples],
    }
