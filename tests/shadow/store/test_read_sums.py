"""Sums are those of the hours, whatever was written and removed, in whatever order."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.model.keep import Keep
from shadow.model import Mark, Outcome
from shadow.store.batch import HOUR, Batch
from shadow.store.connect import open_for_reading
from shadow.store.purge import Hands
from shadow.store.read_sums import read_counts, read_sums
from shadow.store.selection import Selection
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, result, seen
from tests.shadow.tap import plan_for

FIRST = int(AT // HOUR)
ROUTES = ("orders", "search")

EDGES = [day * 12 - FIRST % 24 + beside for day in range(2, 12) for beside in (-1, 0, 1)]
hours = st.sampled_from(EDGES)
"""Around midnight, where days and hours could be confused, and noon, from where on the other part of a day is read."""
recorded = st.builds(
    lambda route, hour, outcome, control, candidate, signatures, build: result(
        outcome,
        route=route,
        at=float((FIRST + hour) * HOUR),
        control_ms=control,
        candidate_ms=candidate,
        signatures=tuple(seen(number) for number in signatures),
        candidate_version=build,
        statuses=("2xx", "5xx" if candidate is None else "2xx"),
        sampled=build == "2",
    ),
    st.sampled_from(ROUTES),
    hours,
    st.sampled_from(Outcome),
    st.floats(0.1, 5_000),
    st.none() | st.floats(0.1, 5_000),
    st.sets(st.integers(1, 4), max_size=2),
    st.sampled_from(["", "1", "2"]),
)
counted = st.tuples(
    st.sampled_from(ROUTES),
    hours,
    st.sampled_from(["seen", "copied", "answered:legacy", "skipped:tap_full"]),
    st.integers(1, 9),
)
batches = st.builds(
    lambda pairs, counts: Batch(
        plans={route: plan_for("http://a", "http://b", route=route) for route in ROUTES},
        plans_at=AT,
        pairs=pairs,
        counts=Counter({(route, "r1", FIRST + hour, name): n for route, hour, name, n in counts}),
    ),
    st.lists(recorded, max_size=12),
    st.lists(counted, max_size=6),
)
steps = st.lists(
    batches | st.tuples(st.just("forget before"), hours) | st.tuples(st.just("purge"), st.sampled_from(ROUTES)),
    min_size=1,
    max_size=6,
)


def do(store: SqliteStore, step: Any) -> None:
    with closing(store.writer()) as writer:
        match step:
            case Batch():
                writer.write(step)
            case "forget before", hour:
                writer.remove_old(float((FIRST + hour) * HOUR) + Keep().evidence, Keep())
            case "purge", route:
                selection = Selection(route=route)
                hands = Hands(lambda: 0.0, lambda _: None)
                store.purge(selection, store.affected(selection), Mark(AT, "anna", "purged"), hands)


def by_the_hour(connection: sqlite3.Connection, from_hour: int) -> dict[int, dict[str, Any]]:
    """What stands in the hours, added up one by one."""
    found: dict[int, dict[str, Any]] = defaultdict(lambda: {"counts": Counter(), "latencies": Counter()})
    for epoch, name, n in connection.execute("SELECT epoch, name, n FROM count WHERE hour >= ?", (from_hour,)):
        found[epoch]["counts"][name] += n
    rows = connection.execute("SELECT epoch, side, bucket, n FROM latency WHERE hour >= ?", (from_hour,))
    for epoch, side, bucket, n in rows:
        found[epoch]["latencies"][side, bucket] += n
    return found


def as_read(connection: sqlite3.Connection, from_hour: int) -> dict[int, dict[str, Any]]:
    epochs = [epoch for (epoch,) in connection.execute("SELECT id FROM epoch")]
    found = {}
    for epoch, sums in read_sums(connection, epochs, from_hour).items():
        counts = Counter(sums.counts)
        counts.update({f"outcome:{outcome}": n for outcome, n in sums.outcomes.items()})
        counts.update({f"skipped:{reason}": n for reason, n in sums.skipped.items()})
        counts.update({f"status:{':'.join(classes)}": n for classes, n in sums.statuses.items()})
        latencies = Counter({(side, at): n for side, buckets in sums.latencies.items() for at, n in buckets.items()})
        if counts or latencies:
            found[epoch] = {"counts": counts, "latencies": latencies}
    return found


@settings(max_examples=40, deadline=None)
@given(steps, st.lists(hours | st.just(-FIRST), min_size=1, max_size=6))
def test_sums_from_any_hour_on_are_those_of_its_hours(done: list[Any], since: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "s.db")
        for step in [Batch(plans={}), *done]:
            do(store, step)
        with open_for_reading(store.path) as connection:
            for hour in since:
                assert as_read(connection, FIRST + hour) == by_the_hour(connection, FIRST + hour)
            for epoch, sums in by_the_hour(connection, 0).items():
                assert read_counts(connection, epoch) == sums["counts"]
            for table in ("count_day", "latency_day", "latency_sum"):
                empty = connection.execute(f"SELECT count(*) FROM {table} WHERE n = 0").fetchone()  # noqa: S608 - our own names
                assert empty == (0,), f"{table} keeps rows of what is gone"


@settings(max_examples=25, deadline=None)
@given(st.lists(batches, min_size=1, max_size=3), st.sampled_from([1, 6, 24]))
def test_bars_of_several_hours_hold_what_their_hours_do(done: list[Batch], width: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "s.db")
        for step in done:
            do(store, step)
        first = FIRST // 24 * 24
        expected: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for route, each in store.traffic(first).items():
            for one in each:
                expected[route, one.hour // width * width] += one.answered + one.outcomes
        bars = store.traffic(first, width=width)
        assert {
            (route, bar.hour): bar.answered + bar.outcomes for route, each in bars.items() for bar in each
        } == expected
