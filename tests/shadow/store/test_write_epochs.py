"""Which pairs count together: one route, one set of rules, between two marks, one build of each side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadow.model import Mark, Outcome, RouteSummary
from shadow.store import NoStore, SqliteStore, StoreError
from shadow.store.mark import MAX_MARKS
from shadow.store.write import StoreWriter
from shadow.store.write_epochs import MAX_VERSIONS, TOO_MANY
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


def compared(writer: StoreWriter, *versions: str, at: float = AT, n: int = 1, control: str = "") -> None:
    """``n`` pairs of each version of the candidate, a second apart."""
    for number, version in enumerate(versions):
        one = result(at=at + number, candidate_version=version, control_version=control)
        writer.write(batch(*[one] * n))


def builds(summary: RouteSummary) -> tuple[str, str]:
    return summary.epoch.control_version, summary.epoch.candidate_version


def test_another_build_of_either_side_begins_a_new_epoch(store: SqliteStore, writer: StoreWriter) -> None:
    compared(writer, "1", control="c1", n=5)
    compared(writer, "2", control="c1", at=AT + 10, n=3)
    assert (builds(store.summaries()[0]), store.summaries()[0].outcomes) == (("c1", "2"), {Outcome.MATCH: 3})
    compared(writer, "2", control="c2", at=AT + 20)
    assert (builds(store.summaries()[0]), store.summaries()[0].outcomes) == (("c2", "2"), {Outcome.MATCH: 1})


def test_going_back_to_an_old_build_goes_on_with_its_epoch(store: SqliteStore, writer: StoreWriter) -> None:
    compared(writer, "1", "2", n=5)
    compared(writer, "1", at=AT + 1000)
    summary = store.summaries()[0]
    assert (builds(summary), summary.outcomes, summary.epoch.others) == (("", "1"), {Outcome.MATCH: 6}, ())


def test_an_answer_without_a_version_is_of_the_build_seen_last(store: SqliteStore, writer: StoreWriter) -> None:
    compared(writer, "1", control="c1")
    writer.write(batch(result(Outcome.CANDIDATE_TIMEOUT, at=AT + 1, control_version="c1")))
    again = store.writer()  # after a restart, too
    again.write(batch(plans={"orders": plan_for("http://a", "http://b")}, plans_at=AT))
    again.write(batch(result(Outcome.CANDIDATE_ERROR, at=AT + 2)))
    again.close()
    summary = store.summaries()[0]
    assert builds(summary) == ("c1", "1")
    assert summary.outcomes == {Outcome.MATCH: 1, Outcome.CANDIDATE_TIMEOUT: 1, Outcome.CANDIDATE_ERROR: 1}


def test_two_writers_at_a_time_find_each_others_epochs(store: SqliteStore, writer: StoreWriter) -> None:
    """As when an instance takes over from another."""
    other = store.writer()
    compared(writer, "1")
    compared(other, "1", "2")
    compared(writer, "2", "3", at=AT + 10)
    compared(other, "3", at=AT + 20)
    assert (builds(store.summaries()[0]), store.summaries()[0].outcomes) == (("", "3"), {Outcome.MATCH: 2})
    other.close()


def test_what_was_counted_before_the_first_answer_belongs_to_its_build(store: SqliteStore, writer: StoreWriter) -> None:
    writer.write(batch(told={("p", "orders"): ("r1", AT, {"seen": 10})}))
    compared(writer, "1")
    writer.write(batch(told={("p", "orders"): ("r1", AT, {"seen": 12})}))
    assert (builds(store.summaries()[0]), store.summaries()[0].seen) == (("", "1"), 12)
    compared(writer, "2", at=AT + 5)
    assert store.summaries()[0].seen == 0


def test_two_builds_that_answer_in_turn_are_told(store: SqliteStore, writer: StoreWriter) -> None:
    compared(writer, "1", at=AT - 5000)
    compared(writer, *["1", "2"] * 5)
    summary = store.summaries()[0]
    assert (builds(summary), summary.epoch.others) == (("", "2"), (("", "1"),))
    compared(writer, "2", at=AT + 700)
    assert store.summaries()[0].epoch.others == (), "the deploy is over"


def test_a_build_that_followed_another_is_no_alternation(store: SqliteStore, writer: StoreWriter) -> None:
    compared(writer, "1", "2")
    assert store.summaries()[0].epoch.others == ()


def test_builds_without_end_are_counted_together(store: SqliteStore, writer: StoreWriter) -> None:
    compared(writer, *(f"{number}" for number in range(MAX_VERSIONS + 50)))
    summary = store.summaries()[0]
    assert builds(summary) == (TOO_MANY, TOO_MANY)
    assert summary.outcomes == {Outcome.MATCH: 50}


def test_a_mark_begins_an_epoch_and_pairs_that_began_before_it_end_before_it(
    store: SqliteStore, writer: StoreWriter
) -> None:
    compared(writer, "1", n=5)
    mark = Mark(AT + 10, "anna", "deploy 7")
    assert store.mark([], mark) == ["orders"]
    summary = store.summaries()[0]
    assert (summary.outcomes, summary.epoch.mark) == ({}, mark)
    compared(writer, "1", at=AT + 9)
    assert store.summaries()[0].outcomes == {}
    compared(writer, "1", at=AT + 11)
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}
    writer.write(batch(told={("p", "orders"): ("r1", AT, {"seen": 10})}))
    assert store.summaries()[0].seen == 10


def test_a_mark_is_of_the_routes_that_are_named(store: SqliteStore, writer: StoreWriter) -> None:
    plans = {route: plan_for("http://a", "http://b", route=route) for route in ("orders", "users")}
    writer.write(batch(result(), result(route="users"), plans=plans, plans_at=AT))
    assert store.mark(["users", "users"], Mark(AT + 1, "anna", "deploy")) == ["users"]
    assert [summary.outcomes for summary in store.summaries()] == [{Outcome.MATCH: 1}, {}]
    with pytest.raises(StoreError, match="no route 'nope'; known: orders, users"):
        store.mark(["orders", "nope"], Mark(AT + 2, "anna", "deploy"))
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 1}


def test_marks_are_bounded_and_the_newest_stays(store: SqliteStore, writer: StoreWriter) -> None:
    compared(writer, "1")
    for number in range(MAX_MARKS + 20):
        store.mark([], Mark(AT + number, "anna", f"deploy {number}"))
    assert writer._connection.execute("SELECT count(*) FROM mark").fetchone() == (MAX_MARKS,)
    mark = store.summaries()[0].epoch.mark
    assert mark is not None
    assert mark.reason == f"deploy {MAX_MARKS + 19}"


def test_a_mark_needs_a_store(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "none.db")
    with pytest.raises(NoStore):
        store.mark([], Mark(AT, "anna", "deploy"))
    assert not store.path.exists()
