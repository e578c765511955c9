"""The reading side: what the store knows, as summaries. Plain queries over sums, never over single pairs."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from proxy.model.decision import Skip
from proxy.model.plan import Plan
from shadow.model import COMPARABLE, Latency, Outcome, Ratio, RouteSummary, SignatureSummary
from shadow.rules.hidden import rules_of
from shadow.store.batch import HOUR
from shadow.store.codec import decode_content, decode_found, decode_plan
from shadow.store.histogram import median_interval, quantile
from shadow.store.read_epochs import Present, present_epochs
from shadow.store.read_places import read_hits, read_places
from shadow.store.read_shapes import read_coverage
from shadow.store.read_sums import Sums, read_signatures_of, read_sums
from shadow.store.records import StoredPair

SELECT_PAIR: Final = (
    "SELECT pair.id, request_id, epoch.route, epoch.rules, table_version, pair.at, outcome, method, target,"
    ' main AS "primary", shadow, found, content.body AS content'
    " FROM pair JOIN epoch ON epoch.id = pair.epoch LEFT JOIN content ON content.pair = pair.id"
)

RECENT_HOURS: Final = 6
"""The last hours of an epoch: how fast it gathers evidence."""


def read_summaries(connection: sqlite3.Connection, since: float | None, route: str | None) -> list[RouteSummary]:
    """One summary for each route of the table as last told, in the order of their names."""
    plans = _plans(connection, route)
    present = present_epochs(connection, plans)
    sums = read_sums(connection, {one.id for one in present.values()}, _hour(since))
    return [
        _summary(connection, plan, sums.get(present[plan.route].id) or Sums(), present[plan.route]) for plan in plans
    ]


def read_plans(connection: sqlite3.Connection) -> dict[str, Plan]:
    """The plans of the table as last told, by route."""
    return {plan.route: plan for plan in _plans(connection, None)}


def read_signatures(connection: sqlite3.Connection, since: float | None, route: str | None) -> list[SignatureSummary]:
    """The signatures of the present epochs, most frequent first."""
    present = present_epochs(connection, _plans(connection, route))
    found = read_signatures_of(connection, {one.id for one in present.values()}, _hour(since))
    return [signature for signature, _ in found]


def _plans(connection: sqlite3.Connection, route: str | None) -> list[Plan]:
    """Of the table as last told, in the order of their names."""
    rows = connection.execute(
        "SELECT plan FROM plan WHERE listed = 1 AND (?1 IS NULL OR route = ?1) ORDER BY route", (route,)
    )
    return [decode_plan(text) for (text,) in rows]


def read_pairs(connection: sqlite3.Connection, given: str, limit: int) -> list[StoredPair]:
    """The kept pairs whose id begins with ``given``, or whose request had it as its id; newest first, ``limit`` at most."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    # A range and a union, not LIKE and OR: each half finds its rows by an index, among millions too.
    rows = cursor.execute(
        f"{SELECT_PAIR} WHERE pair.id IN (SELECT id FROM pair WHERE id BETWEEN ?3 AND ?3 || char(1114111)"  # noqa: S608 - our own columns
        " UNION SELECT id FROM pair WHERE request_id = ?1) ORDER BY pair.at DESC LIMIT ?2",
        (given, limit, given.lower()),
    )
    return [pair_of(row) for row in rows]


def _hour(since: float | None) -> int:
    return 0 if since is None else int(since // HOUR)


def _summary(connection: sqlite3.Connection, plan: Plan, sums: Sums, present: Present) -> RouteSummary:
    return RouteSummary(
        route=plan.route,
        stage=plan.stage,
        control=plan.control,
        candidate=plan.candidate,
        target=plan.ready.target,
        hours=plan.ready.hours,
        table_version=plan.table_version,
        seen=sums.counts.get("seen", 0),
        copied=sums.counts.get("copied", 0),
        outcomes=_outcomes(sums),
        skipped=sums.skipped,
        first_pair=present.first_pair,
        last_pair=present.last_pair,
        signatures=tuple(sums.signatures),
        control_latency=_latency(sums.latencies["control"]),
        candidate_latency=_latency(sums.latencies["candidate"]),
        repeats=(sums.counts.get("repeat:clean", 0), sums.counts.get("repeat:wrong", 0)),
        recent=_recent(connection, present),
        ratio=_ratio(sums.latencies["ratio"]),
        statuses=sums.statuses,
        coverage=read_coverage(connection, present.id),
        epoch=present.epoch,
        unseen=plan.ready.unseen,
        rules=tuple(rules_of(plan.compare)),
        uses=tuple(read_hits(connection, present.id)),
        noise=tuple(read_places(connection, present.id, drifted=True)),
        asked_twice=sums.counts.get("again", 0),
        repeated=sums.counts.get("sampled", 0),
    )


def _outcomes(sums: Sums) -> dict[Outcome, int]:
    """Those of pairs, and the requests that clients would have had from the candidate, and did not get: there is no pair of such a
    one, but nothing that could speak more clearly. They were counted only where a copy was due, so they are sampled as the
    pairs are."""
    failed = sums.skipped.get(Skip.FALLBACK, 0) + sums.skipped.get(Skip.CANDIDATE_FAILED, 0)
    if not failed:
        return sums.outcomes
    errors = sums.outcomes.get(Outcome.CANDIDATE_ERROR, 0)
    return {**sums.outcomes, Outcome.CANDIDATE_ERROR: errors + failed}


def _recent(connection: sqlite3.Connection, present: Present) -> tuple[int, float] | None:
    if present.first_pair is None or present.last_pair is None:
        return None
    from_hour = int(present.last_pair // HOUR) - RECENT_HOURS + 1
    counted = dict(
        connection.execute(
            "SELECT name, sum(n) FROM count WHERE epoch = ? AND hour >= ? GROUP BY name", (present.id, from_hour)
        ).fetchall()
    )
    pairs = sum(counted.get(f"outcome:{outcome}", 0) for outcome in COMPARABLE)
    repeats = counted.get("repeat:clean", 0) + counted.get("repeat:wrong", 0)
    return pairs - repeats, max(present.first_pair, float(from_hour * HOUR))


def _latency(buckets: dict[int, int]) -> Latency:
    return Latency(quantile(buckets, 0.50), quantile(buckets, 0.99))


def _ratio(buckets: dict[int, int]) -> Ratio | None:
    interval = median_interval(buckets)
    return None if interval is None else Ratio(*interval, sum(buckets.values()))


def pair_of(row: sqlite3.Row) -> StoredPair:
    """A row of ``SELECT_PAIR``."""
    fields: dict[str, Any] = dict(row)
    found, content = fields.pop("found"), fields.pop("content")
    fields["outcome"] = Outcome(fields["outcome"])
    return StoredPair(**fields, **decode_found(found), **(decode_content(content) if content else {}))
