from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from shadow.model import Latency
from shadow.store import open_store
from shadow.store.batch import HOUR
from shadow.store.read_latency import HourLatency
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, batch, result
from tests.shadow.tap import plan_for

DAY = int(AT // HOUR) // 24 * 24
"""The first hour of a day."""


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = open_store(f"sqlite:///{tmp_path}/s.db")
    plans = {name: plan_for("http://a", "http://b", route=name) for name in ("orders", "search")}
    with closing(store.writer()) as writer:
        writer.write(batch(plans=plans, plans_at=AT))
    return store


def write(
    store: SqliteStore, hour: int, *both: tuple[float, float | None], route: str = "orders", build: str = ""
) -> None:
    with closing(store.writer()) as writer:
        at = float((DAY + hour) * HOUR)
        writer.write(
            batch(
                *(
                    result(route=route, at=at, control_ms=control, candidate_ms=candidate, candidate_version=build)
                    for control, candidate in both
                )
            )
        )


def test_without_a_pair_there_is_no_hour(store: SqliteStore) -> None:
    write(store, 0, (10.0, 20.0), route="search")
    assert store.latency(DAY, "orders") == []


def test_a_side_that_never_answered_has_no_latency(store: SqliteStore) -> None:
    write(store, 3, (10.0, None))
    (found,) = store.latency(DAY, "orders")
    assert (found.hour, found.candidate, found.pairs) == (DAY + 3, Latency(), 1)
    assert found.control.p50 == pytest.approx(10.0, rel=0.03)


@pytest.mark.parametrize(("width", "hours"), [(1, [0, 5, 23]), (6, [0, 18]), (24, [0])])
def test_hours_are_added_up_over_all_builds(store: SqliteStore, width: int, hours: list[int]) -> None:
    write(store, 0, (10.0, 100.0))
    write(store, 5, (10.0, 100.0), (10.0, 100.0), build="2")
    write(store, 23, (30.0, 300.0), build="3")
    found = store.latency(DAY, "orders", width=width)
    assert [one.hour - DAY for one in found] == hours
    assert sum(one.pairs for one in found) == 4
    assert found[-1].candidate.p99 == pytest.approx(300.0, rel=0.03)
    assert found[0].control.p50 == pytest.approx(10.0, rel=0.03)


def test_days_say_the_same_as_their_hours_would(store: SqliteStore) -> None:
    for hour in range(0, 48, 5):
        write(store, hour, (10.0 + hour, 20.0 + hour), (1.0, 2.0))
    by_day = store.latency(DAY, "orders", width=24)
    assert [one.hour for one in by_day] == [DAY, DAY + 24]
    # Twelve hours are added up from the hours, a day from its own sums.
    halves: list[HourLatency] = store.latency(DAY, "orders", width=12)
    assert sum(one.pairs for one in halves) == sum(one.pairs for one in by_day) == 20
    assert max(one.candidate.p99 or 0 for one in halves) == max(one.candidate.p99 or 0 for one in by_day)
