"""The plan of a change: what another table would do, from both tables and from recorded requests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from console.table.changes import Change, changes_of
from console.table.owners import Move, Moves, Owner, moves_of, taken
from console.table.recent import NONE_KNOWN, Recent
from proxy.model.table import Table
from proxy.routing import Routing
from proxy.table.unfilled import may_hold_variables, named, unfilled_table
from shadow.store import StoredPair

_KEY = b"a plan asks nobody for a cookie"

MOST_REQUESTS = 10_000

WORDLESS: Final = Change(
    "table", None, "what changes cannot be told without what its variables stand for; see the diff"
)


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


def plan_of(before: Table, after: Table, pairs: Iterable[StoredPair] | None, recent: Recent = NONE_KNOWN) -> Plan:
    """``pairs`` are recorded requests, None where nothing is recorded; ``recent`` says what the routes had to do lately."""
    old, new = Routing(before, _KEY), Routing(after, _KEY)
    return Plan(
        changes_of(before, after, recent), taken(old, new), None if pairs is None else moves_of(old, new, pairs)
    )


@dataclass(frozen=True, slots=True)
class Read:
    """A table, and its text without what its variables stand for, if that can be read. ``of`` is a text that is a good table."""

    table: Table
    unfilled: Table | None

    @classmethod
    def of(cls, table: Table, text: str | None, environ: Mapping[str, str]) -> Read:
        """``text`` None: the table has none, and so no variables."""
        return cls(table, table if text is None or not may_hold_variables(text) else unfilled_table(text, environ))

    def owner(self, owner: Owner) -> Owner:
        """With its route named as the text names it."""
        if owner.route is None or self.unfilled is None or self.unfilled is self.table:
            return owner
        names = dict(zip(self.table.by_name, self.unfilled.by_name, strict=False))
        return owner._replace(route=named(names.get(owner.route, owner.route)))


def shown_plan_of(before: Read, after: Read, pairs: Iterable[StoredPair] | None, recent: Recent = NONE_KNOWN) -> Plan:
    """A plan in which no variable's value stands: it may be shown to who knows the text alone."""
    real = plan_of(before.table, after.table, pairs, recent)
    moves = real.moves and replace(
        real.moves,
        moves=tuple(
            replace(move, before=before.owner(move.before), after=after.owner(move.after)) for move in real.moves.moves
        ),
    )
    if before.unfilled is before.table and after.unfilled is after.table:
        return real
    if before.unfilled is None or after.unfilled is None:
        return Plan(() if real.is_empty else (WORDLESS,), (), moves)
    words = plan_of(before.unfilled, after.unfilled, None, recent)
    changes = tuple(
        Change(one.kind, None if one.name is None else named(one.name), named(one.text)) for one in words.changes
    )
    return Plan(changes, tuple(map(named, words.taken)), moves)


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
