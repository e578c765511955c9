"""Kinds of request: counted for each epoch, bounded, and read as coverage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadow.model import Coverage, Outcome, Shape
from shadow.store.sqlite import SqliteStore
from shadow.store.write import StoreWriter
from shadow.store.write_shapes import MAX_SHAPES
from tests.shadow.store.results import AT, batch, result
from tests.shadow.tap import plan_for


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "s.db")


@pytest.fixture
def writer(store: SqliteStore) -> Iterator[StoreWriter]:
    writer = store.writer()
    writer.write(batch(plans={"orders": plan_for("http://a", "http://b")}, plans_at=AT))
    yield writer
    writer.close()


def shape(number: int = 0) -> Shape:
    return Shape("GET", f"p{number}" if number else "", "2xx", signed_in=False)


def test_shapes_are_counted_and_those_seen_once_are_named(store: SqliteStore, writer: StoreWriter) -> None:
    writer.write(batch(*(result(shape=shape()) for _ in range(8)), result(shape=shape(1))))
    writer.write(batch(result(shape=shape(2)), result(shape=shape())))
    assert store.summaries()[0].coverage == Coverage(3, 2, 11, (shape(1), shape(2)))


def test_repeats_and_pairs_that_say_nothing_are_no_coverage(store: SqliteStore, writer: StoreWriter) -> None:
    writer.write(
        batch(
            result(shape=shape()),
            result(shape=shape(1), repeat=True),
            result(Outcome.MISMATCH, shape=shape(), repeat=True),
            result(Outcome.NOISE, shape=shape(2)),
        )
    )
    summary = store.summaries()[0]
    assert summary.coverage == Coverage(1, 1, 1, (shape(),))
    assert summary.outcomes == {Outcome.MATCH: 2, Outcome.MISMATCH: 1, Outcome.NOISE: 1}
    assert summary.repeats == (1, 1)


def test_shapes_without_end_are_counted_together_as_seen_once(store: SqliteStore, writer: StoreWriter) -> None:
    for start in range(0, MAX_SHAPES + 100, 100):
        writer.write(batch(*(result(shape=shape(number + 1)) for number in range(start, start + 100))))
    coverage = store.summaries()[0].coverage
    assert (coverage.shapes, coverage.once, coverage.pairs) == (MAX_SHAPES + 1, MAX_SHAPES + 100, MAX_SHAPES + 100)


def test_status_classes_and_ratios_are_kept_pair_by_pair(store: SqliteStore, writer: StoreWriter) -> None:
    writer.write(
        batch(
            *(result(statuses=("2xx", "2xx"), control_ms=10.0, candidate_ms=20.0) for _ in range(30)),
            result(Outcome.CANDIDATE_ERROR, statuses=("2xx", "5xx"), control_ms=10.0),
        )
    )
    summary = store.summaries()[0]
    assert summary.statuses == {("2xx", "2xx"): 30, ("2xx", "5xx"): 1}
    assert summary.ratio is not None
    assert summary.ratio.low < 2 < summary.ratio.high
    assert (summary.ratio.median, summary.ratio.pairs) == (pytest.approx(2, rel=0.03), 30)


def test_how_fast_evidence_comes_is_told_from_the_last_hours(store: SqliteStore, writer: StoreWriter) -> None:
    hour = AT // 3600 * 3600
    writer.write(
        batch(*(result(at=hour - 20 * 3600) for _ in range(50)), result(at=hour), result(at=hour, repeat=True))
    )
    assert store.summaries()[0].recent == (1, hour - 5 * 3600)
