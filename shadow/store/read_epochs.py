"""Which epoch is a route's present one, and how it came about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from proxy.model.plan import Plan
from shadow.model import Epoch, Mark

IN_TURN_SECONDS: Final = 600.0
"""Another build that answered so shortly before the newest pair, though this one had begun to answer, answers in turn with it."""

NONE: Final = -1
"""No epoch has this id."""


@dataclass(frozen=True, slots=True)
class Present:
    """``id`` is NONE if nothing was counted yet."""

    id: int
    first_pair: float | None
    last_pair: float | None
    epoch: Epoch


def present_epochs(connection: sqlite3.Connection, plans: Iterable[Plan]) -> dict[str, Present]:
    """Of each route: its present rules and newest mark, and of these the builds that were seen most recently."""
    return {plan.route: _present(connection, plan) for plan in plans}


def _present(connection: sqlite3.Connection, plan: Plan) -> Present:
    mark_id, mark = _newest_mark(connection, plan.route)
    rows = connection.execute(
        "SELECT id, control_version, candidate_version, opened_at, first_pair, last_pair FROM epoch"
        " WHERE route = ? AND rules = ? AND mark = ? ORDER BY last_pair DESC, id DESC",
        (plan.route, plan.rules, mark_id),
    ).fetchall()
    if not rows:
        return Present(NONE, None, None, Epoch(mark=mark))
    (id_, control, candidate, opened_at, first, last), *others = rows
    in_turn = tuple(
        (other[1], other[2])
        for other in others
        if first is not None and other[5] is not None and other[5] > max(first, last - IN_TURN_SECONDS)
    )
    since = opened_at if first is None else min(opened_at, first)
    return Present(id_, first, last, Epoch(since, control, candidate, mark, in_turn))


def _newest_mark(connection: sqlite3.Connection, route: str) -> tuple[int, Mark | None]:
    found = connection.execute(
        "SELECT id, at, who, reason FROM mark WHERE route = ? ORDER BY at DESC, id DESC LIMIT 1", (route,)
    ).fetchone()
    return (0, None) if found is None else (found[0], Mark(*found[1:]))
