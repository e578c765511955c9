"""The reading side: what the store knows, as summaries. Plain queries over sums, never over single pairs."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from proxy.model.decision import Skip
from proxy.model.plan import Plan
from shadow.model import Latency, Outcome, RouteSummary, SignatureSummary
from shadow.store.batch import HOUR
from shadow.store.codec import decode_content, decode_found, decode_plan
from shadow.store.histogram import quantile
from shadow.store.records import StoredPair

_LIKE_ESCAPES: Final = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\"})


SELECT_PAIR: Final = (
    "SELECT pair.id, request_id, epoch.route, epoch.rules, table_version, pair.at, outcome, method, target,"
    ' main AS "primary", shadow, found, content.body AS content'
    " FROM pair JOIN epoch ON epoch.id = pair.epoch LEFT JOIN content ON content.pair = pair.id"
)


@dataclass(slots=True)
class _Sums:
    """What is added up of one epoch."""

    seen: int = 0
    copied: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    latencies: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    signatures: list[SignatureSummary] = field(default_factory=list)


Epoch = tuple[str, str]
"""Route and rules."""


def read_summaries(connection: sqlite3.Connection, since: float | None, route: str | None) -> list[RouteSummary]:
    """One summary for each route of the table as last told, in the order of their names."""
    plans = [
        decode_plan(text)
        for (text,) in connection.execute(
            "SELECT plan FROM plan WHERE listed = 1 AND (?1 IS NULL OR route = ?1) ORDER BY route", (route,)
        )
    ]
    from_hour = _hour(since)
    sums: dict[Epoch, _Sums] = defaultdict(_Sums)
    _add_counts(connection, from_hour, route, sums)
    _add_latencies(connection, from_hour, route, sums)
    present = {(plan.route, plan.rules) for plan in plans}
    for signature, rules in _signatures(connection, from_hour, route):
        if (signature.route, rules) in present:
            sums[signature.route, rules].signatures.append(signature)
    spans = {
        (name, rules): (first, last)
        for name, rules, first, last in connection.execute("SELECT route, rules, first_pair, last_pair FROM epoch")
    }
    return [
        _summary(plan, sums[plan.route, plan.rules], spans.get((plan.route, plan.rules), (None, None)))
        for plan in plans
    ]


def read_plans(connection: sqlite3.Connection) -> dict[str, Plan]:
    """The plans of the table as last told, by route."""
    rows = connection.execute("SELECT plan FROM plan WHERE listed = 1 ORDER BY route")
    return {plan.route: plan for (text,) in rows for plan in (decode_plan(text),)}


def read_signatures(connection: sqlite3.Connection, since: float | None, route: str | None) -> list[SignatureSummary]:
    """The signatures of the present epochs, most frequent first."""
    present = {
        (plan.route, plan.rules)
        for (text,) in connection.execute("SELECT plan FROM plan WHERE listed = 1")
        for plan in (decode_plan(text),)
    }
    return [
        signature
        for signature, rules in _signatures(connection, _hour(since), route)
        if (signature.route, rules) in present
    ]


def read_pairs(connection: sqlite3.Connection, given: str, limit: int) -> list[StoredPair]:
    """The kept pairs whose id begins with ``given``, or whose request had it as its id; newest first, ``limit`` at most."""
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    rows = cursor.execute(
        f"{SELECT_PAIR} WHERE pair.id LIKE ? ESCAPE '\\' OR request_id = ? ORDER BY pair.at DESC LIMIT ?",
        (given.translate(_LIKE_ESCAPES) + "%", given, limit),
    )
    return [pair_of(row) for row in rows]


def _hour(since: float | None) -> int:
    return 0 if since is None else int(since // HOUR)


def _add_counts(connection: sqlite3.Connection, from_hour: int, route: str | None, sums: dict[Epoch, _Sums]) -> None:
    rows = connection.execute(
        "SELECT route, rules, name, sum(n) FROM count JOIN epoch ON epoch.id = count.epoch"
        " WHERE hour >= ?1 AND (?2 IS NULL OR route = ?2) GROUP BY epoch, name",
        (from_hour, route),
    )
    for name_of_route, rules, name, n in rows:
        total = sums[name_of_route, rules]
        group, _, member = name.partition(":")
        match group:
            case "seen":
                total.seen = n
            case "copied":
                total.copied = n
            case "outcome":
                total.outcomes[Outcome(member)] = n
            case "skipped":
                total.skipped[member] = n
            case _:
                pass  # a worker may count more than this reader knows


def _add_latencies(connection: sqlite3.Connection, from_hour: int, route: str | None, sums: dict[Epoch, _Sums]) -> None:
    rows = connection.execute(
        "SELECT route, rules, side, bucket, sum(n) FROM latency JOIN epoch ON epoch.id = latency.epoch"
        " WHERE hour >= ?1 AND (?2 IS NULL OR route = ?2) GROUP BY epoch, side, bucket",
        (from_hour, route),
    )
    for name_of_route, rules, side, index, n in rows:
        sums[name_of_route, rules].latencies[side][index] = n


def _signatures(
    connection: sqlite3.Connection, from_hour: int, route: str | None
) -> list[tuple[SignatureSummary, str]]:
    """With the rules they were found under."""
    rows = connection.execute(
        "SELECT signature.id, route, path, kind, sum(n) AS n, first_seen, last_seen, example_pair, control_example,"
        " candidate_example, rules FROM signature JOIN epoch ON epoch.id = signature.epoch"
        " JOIN signature_count ON signature_count.epoch = signature.epoch AND signature_count.id = signature.id"
        " WHERE hour >= ?1 AND (?2 IS NULL OR route = ?2) GROUP BY signature.epoch, signature.id"
        " ORDER BY n DESC, last_seen DESC, signature.id",
        (from_hour, route),
    )
    return [(SignatureSummary(*columns), rules) for *columns, rules in rows]


def _summary(plan: Plan, sums: _Sums, span: tuple[float | None, float | None]) -> RouteSummary:
    return RouteSummary(
        route=plan.route,
        stage=plan.stage,
        control=plan.control,
        candidate=plan.candidate,
        target=plan.ready.target,
        hours=plan.ready.hours,
        table_version=plan.table_version,
        seen=sums.seen,
        copied=sums.copied,
        outcomes=_outcomes(sums),
        skipped=sums.skipped,
        first_pair=span[0],
        last_pair=span[1],
        signatures=tuple(sums.signatures),
        control_latency=_latency(sums.latencies["control"]),
        candidate_latency=_latency(sums.latencies["candidate"]),
    )


def _outcomes(sums: _Sums) -> dict[Outcome, int]:
    """Those of pairs, and the requests that legacy had to answer because the candidate failed: there is no pair of such a one, but
    nothing that could speak more clearly. They were counted only where a copy was due, so they are sampled as the pairs are."""
    fallbacks = sums.skipped.get(Skip.FALLBACK, 0)
    if not fallbacks:
        return sums.outcomes
    errors = sums.outcomes.get(Outcome.CANDIDATE_ERROR, 0)
    return {**sums.outcomes, Outcome.CANDIDATE_ERROR: errors + fallbacks}


def _latency(buckets: dict[int, int]) -> Latency:
    return Latency(quantile(buckets, 0.50), quantile(buckets, 0.99))


def pair_of(row: sqlite3.Row) -> StoredPair:
    """A row of ``SELECT_PAIR``."""
    fields: dict[str, Any] = dict(row)
    found, content = fields.pop("found"), fields.pop("content")
    fields["outcome"] = Outcome(fields["outcome"])
    return StoredPair(**fields, **decode_found(found), **(decode_content(content) if content else {}))
