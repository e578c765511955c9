"""What is added up of epochs, from an hour on: whole days by their sums, and of the first day some hours one by one."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from shadow.model import Outcome, SignatureSummary
from shadow.store.decisions import read_triage

DAY_HOURS: Final = 24

SIDES: Final = ("control", "candidate", "ratio")

_LISTED: Final = "epoch IN (SELECT value FROM json_each(:ids))"
_SIDE_AND_BUCKET: Final = (
    f"bucket * {len(SIDES)} + CASE side "
    + " ".join(f"WHEN '{side}' THEN {at}" for at, side in enumerate(SIDES))
    + " END"
)

Key = TypeVar("Key", str, int)
Added = defaultdict[int, dict[Key, int]]
"""By epoch and key."""


@dataclass(slots=True)
class Sums:
    """What is added up of one epoch."""

    counts: dict[str, int] = field(default_factory=dict)
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    statuses: dict[tuple[str, str], int] = field(default_factory=dict)
    latencies: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    signatures: list[SignatureSummary] = field(default_factory=list)

    def count(self, name: str, n: int) -> None:
        group, _, member = name.partition(":")
        match group:
            case "outcome":
                self.outcomes[Outcome(member)] = n
            case "skipped":
                self.skipped[member] = n
            case "status":
                control, _, candidate = member.partition(":")
                self.statuses[control, candidate] = n
            case _:
                self.counts[name] = n  # a worker may count more than this reader knows


@dataclass(frozen=True, slots=True)
class Cut:
    """All from an hour on: what is counted of ``day`` and later, and of the hours from ``hour`` to ``until``, which are added (``sign`` 1) or
    taken away (-1), whichever are fewer."""

    day: int
    hour: int
    until: int
    sign: int

    @classmethod
    def at(cls, from_hour: int) -> Cut:
        day, hours = divmod(from_hour, DAY_HOURS)
        if hours <= DAY_HOURS // 2:
            return cls(day, from_hour - hours, from_hour, -1)
        return cls(day + 1, from_hour, (day + 1) * DAY_HOURS, 1)

    @property
    def bounds(self) -> dict[str, int]:
        return {"day": self.day, "hour": self.hour, "until": self.until}


def read_sums(connection: sqlite3.Connection, epochs: Iterable[int], from_hour: int) -> dict[int, Sums]:
    """By epoch; hour 0 is from the beginning."""
    listed = list(epochs)
    ids = json.dumps(listed)
    sums: dict[int, Sums] = defaultdict(Sums)
    for epoch, counts in _counts(connection, ids, from_hour).items():
        for name, n in counts.items():
            if n:
                sums[epoch].count(name, n)
    for epoch, latencies in _latencies(connection, ids, from_hour).items():
        sums[epoch].latencies.update(latencies)
    for signature, epoch in read_signatures_of(connection, listed, from_hour):
        sums[epoch].signatures.append(signature)
    return sums


def read_counts(connection: sqlite3.Connection, epoch: int) -> dict[str, int]:
    """All that was counted of one epoch, by name."""
    rows = connection.execute("SELECT name, sum(n) FROM count_day WHERE epoch = ? GROUP BY name", (epoch,))
    return dict(rows.fetchall())


def read_signatures_of(
    connection: sqlite3.Connection, epochs: Iterable[int], from_hour: int
) -> list[tuple[SignatureSummary, int]]:
    """With the epoch they were found in, most frequent first."""
    rows = connection.execute(
        "SELECT signature.id, route, path, kind, sum(n) AS n, first_seen, last_seen, example_pair, control_example,"  # noqa: S608 - our own condition
        " candidate_example, signature.epoch FROM signature JOIN epoch ON epoch.id = signature.epoch"
        " JOIN signature_count ON signature_count.epoch = signature.epoch AND signature_count.id = signature.id"
        f" WHERE signature.{_LISTED} AND hour >= :hour GROUP BY signature.epoch, signature.id"
        " ORDER BY n DESC, last_seen DESC, signature.id",
        {"ids": json.dumps(list(epochs)), "hour": from_hour},
    )
    said = read_triage(connection)
    return [(SignatureSummary(*(*row[:-1], said.get(row[0]))), row[-1]) for row in rows]


def _counts(connection: sqlite3.Connection, ids: str, from_hour: int) -> dict[int, dict[str, int]]:
    cut = Cut.at(from_hour)
    found: Added[str] = defaultdict(dict)
    for table, n, where in (
        ("count_day", "n", "day >= :day"),
        ("count", f"n * {cut.sign}", "hour >= :hour AND hour < :until"),
    ):
        rows = connection.execute(
            f"SELECT epoch, json_group_array(name), json_group_array({n}) FROM {table} WHERE {_LISTED} AND {where} GROUP BY epoch",  # noqa: S608 - our own names
            {"ids": ids, **cut.bounds},
        )
        _add(found, rows)
    return found


def _latencies(connection: sqlite3.Connection, ids: str, from_hour: int) -> dict[int, dict[str, dict[int, int]]]:
    """By epoch, side and bucket. Days from the cut on are added up, or those before it taken from the sum of all, whichever are fewer: a day has
    a hundred rows of each side."""
    cut = Cut.at(from_hour)
    spans = connection.execute(
        "SELECT value, (SELECT min(day) FROM latency_day WHERE epoch = value), (SELECT max(day) FROM latency_day WHERE epoch = value)"
        " FROM json_each(?)",
        (ids,),
    )
    after: list[int] = []
    before: list[int] = []
    for epoch, first, last in spans:
        if first is not None:
            (after if last - cut.day < cut.day - first else before).append(epoch)
    found: dict[int, dict[str, dict[int, int]]] = defaultdict(lambda: {side: {} for side in SIDES})
    for epoch, side, buckets, numbers in connection.execute(
        "SELECT epoch, side, json_group_array(bucket), json_group_array(n) FROM latency_sum"  # noqa: S608 - our own names
        f" WHERE {_LISTED} GROUP BY epoch, side",
        {"ids": json.dumps(before)},
    ):
        found[epoch][side] = dict(zip(json.loads(buckets), json.loads(numbers), strict=True))
    for epoch, rest in _rest(connection, cut, before, after).items():
        sides = [found[epoch][side] for side in SIDES]
        for key, n in rest.items():
            _put(sides[key % len(SIDES)], key // len(SIDES), n)
    return found


def _rest(connection: sqlite3.Connection, cut: Cut, before: list[int], after: list[int]) -> Added[int]:
    """What is to be added to the sum of all; side and bucket are one number, as ``_SIDE_AND_BUCKET`` has it."""
    found: Added[int] = defaultdict(dict)
    for table, n, among, where in (
        ("latency_day", "-n", before, "day < :day"),
        ("latency_day", "n", after, "day >= :day"),
        ("latency", f"n * {cut.sign}", before + after, "hour >= :hour AND hour < :until"),
    ):
        rows = connection.execute(
            f"SELECT epoch, json_group_array({_SIDE_AND_BUCKET}), json_group_array({n}) FROM {table}"  # noqa: S608 - our own names
            f" WHERE {_LISTED} AND {where} GROUP BY epoch",
            {"ids": json.dumps(among), **cut.bounds},
        )
        _add(found, rows)
    return found


def _put(buckets: dict[int, int], bucket: int, n: int) -> None:
    """There is no bucket with nothing in it."""
    if n := buckets.get(bucket, 0) + n:
        buckets[bucket] = n
    else:
        buckets.pop(bucket, None)


def _add(found: Added[Key], rows: Iterable[tuple[int, str, str]]) -> None:
    """Rows are an epoch, its keys and their numbers: the database hands them over in two arrays, as it would sort whatever it adds up itself."""
    for epoch, keys, numbers in rows:
        known = found[epoch]
        get = known.get
        for key, n in zip(json.loads(keys), json.loads(numbers), strict=True):
            known[key] = get(key, 0) + n
