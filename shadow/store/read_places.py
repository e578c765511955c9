"""What is known of places and rules, by epoch."""

from __future__ import annotations

import json
import sqlite3

from shadow.noise.excess import PlaceNoise
from shadow.rules.hidden import RuleUse


def read_places(connection: sqlite3.Connection, epoch: int, *, drifted: bool = False) -> list[PlaceNoise]:
    """Most frequent first; ``drifted``: only those where the control disagreed with itself."""
    (repeats,) = connection.execute(
        "SELECT coalesce(sum(n), 0) FROM count_day WHERE epoch = ? AND name = 'sampled'", (epoch,)
    ).fetchone()
    rows = connection.execute(
        "SELECT place, kind, differed, drifted, only_candidate, only_control, both, sorts, distance"
        " FROM place WHERE epoch = ? AND drifted >= ? ORDER BY differed DESC, place, kind",
        (epoch, int(drifted)),
    )
    return [
        PlaceNoise(place, kind, differed, in_control, ours, own, both, repeats, json.loads(sorts), distance)
        for place, kind, differed, in_control, ours, own, both, sorts, distance in rows
    ]


def read_hits(connection: sqlite3.Connection, epoch: int) -> list[RuleUse]:
    """What each rule hid, by kind, in the order of first appearance."""
    rows = connection.execute(
        "SELECT rule, kind, pairs, n, earlier, first_seen, last_seen FROM rule_hit WHERE epoch = ?"
        " ORDER BY first_seen, rule, kind",
        (epoch,),
    )
    return [RuleUse(*row) for row in rows]
