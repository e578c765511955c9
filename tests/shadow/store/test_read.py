"""What readers learn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from shadow.model import Latency, Outcome
from shadow.store import NoStore, open_store
from shadow.store.batch import HOUR
from shadow.store.sqlite import SqliteStore
from shadow.store.write import StoreWriter
from tests.shadow.store.results import AT, batch, pair, result, seen
from tests.shadow.tap import plan_for


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return open_store(f"sqlite:///{tmp_path}/s.db")


def tell(writer: StoreWriter, *routes: str, **changes: object) -> None:
    plans = {route: plan_for("http://a", "http://b", route=route, **changes) for route in routes}
    writer.write(batch(plans=plans, plans_at=AT))


def test_a_route_without_traffic_is_listed_with_zeros(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "b", "a")
    first, second = store.summaries()
    assert (first.route, second.route) == ("a", "b")
    assert (first.seen, first.copied, first.outcomes, first.skipped, first.signatures) == (0, 0, {}, {}, ())
    assert (first.stage, first.control, first.candidate, first.target, first.hours, first.table_version) == (
        "shadow",
        "legacy",
        "new",
        0.999,
        24.0,
        1,
    )
    assert (first.first_pair, first.last_pair, first.control_latency) == (None, None, Latency())
    writer.close()


def test_a_summary_has_all_that_was_recorded(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "orders", "users")
    writer.write(
        batch(
            *(result(at=AT + n, control_ms=10.0, candidate_ms=20.0) for n in range(98)),
            result(
                Outcome.MISMATCH, at=AT + 200, signatures=(seen(1), seen(2)), control_ms=1000.0, candidate_ms=2000.0
            ),
            result(Outcome.MISMATCH, at=AT + 100, signatures=(seen(2),), control_ms=1000.0, candidate_ms=2000.0),
            result(Outcome.CANDIDATE_TIMEOUT, route="users"),
            told={("p", "orders"): ("r1", AT, {"seen": 500, "copied": 100, "skipped:not_sampled": 400})},
            counts=Counter({("orders", "r1", int(AT // HOUR), "skipped:shadow_busy"): 3}),
        )
    )
    orders, users = store.summaries()
    assert (orders.seen, orders.copied) == (500, 100)
    assert orders.skipped == {"not_sampled": 400, "shadow_busy": 3}
    assert orders.outcomes == {Outcome.MATCH: 98, Outcome.MISMATCH: 2}
    assert (orders.first_pair, orders.last_pair) == (AT, AT + 200)
    assert [(one.path, one.count) for one in orders.signatures] == [("$.field2", 2), ("$.field1", 1)]
    assert orders.control_latency.p50 == pytest.approx(10, rel=0.02)
    assert orders.candidate_latency.p99 == pytest.approx(2000, rel=0.02)
    assert users.outcomes == {Outcome.CANDIDATE_TIMEOUT: 1}
    assert store.summaries(route="users") == [users]
    assert store.signatures(route="users") == []
    assert store.summaries(route="unknown") == []
    writer.close()


@pytest.mark.promise("U15")
def test_a_candidate_that_failed_a_client_is_a_candidate_error_without_a_pair(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "orders", "users")
    counted = {
        "seen": 9,
        "copied": 4,
        "skipped:fallback": 2,
        "skipped:candidate_failed": 1,
        "skipped:not_sampled": 2,
    }
    writer.write(
        batch(
            result(Outcome.MATCH),
            result(Outcome.CANDIDATE_ERROR),
            told={("p", route): ("r1", AT, counted) for route in ("orders", "users")},
        )
    )
    orders, users = store.summaries()
    assert orders.outcomes == {Outcome.MATCH: 1, Outcome.CANDIDATE_ERROR: 4}
    assert users.outcomes == {Outcome.CANDIDATE_ERROR: 3}
    assert orders.skipped == {"fallback": 2, "candidate_failed": 1, "not_sampled": 2}, (
        "it stays visible why there is no pair"
    )
    writer.close()


def test_other_rules_open_a_new_epoch_and_going_back_finds_the_old_one(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "orders")
    writer.write(batch(result(Outcome.MISMATCH, signatures=(seen(),))))
    tell(writer, "orders", rules="r2")
    assert store.summaries()[0].outcomes == {}
    assert store.signatures() == []
    tell(writer, "orders", rules="r1")
    assert store.summaries()[0].outcomes == {Outcome.MISMATCH: 1}
    writer.close()


def test_a_route_that_left_the_table_is_not_listed(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "orders", "users")
    tell(writer, "users")
    assert [summary.route for summary in store.summaries()] == ["users"]
    writer.close()


def test_a_pair_comes_back_as_it_was_stored(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "orders")
    stored = pair(target="/orders/\u2028'; DROP TABLE pair; --", again=pair().control, error="no answer")
    writer.write(batch(result(pair=stored)))
    assert store.pair(stored.id) == stored
    writer.close()


def test_a_pair_is_found_by_the_beginning_of_its_id_or_by_its_requests_id(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "orders")
    older, newer = pair(id="abc1", request_id="req-1"), pair(id="abc2", at=AT + 1, request_id="req-2")
    writer.write(batch(result(pair=older), result(pair=newer)))
    assert store.pair("abc1") == older
    assert store.pair("abc") == newer, "the newest of several"
    assert store.pairs("abc") == [newer, older]
    assert store.pair("req-1") == older
    for nothing in ("", "%", "_bc", "abc3", "x' OR 1=1"):
        assert store.pair(nothing) is None
    writer.close()


def test_after_its_contents_are_gone_a_pair_still_tells_what_was_found(store: SqliteStore) -> None:
    writer = store.writer()
    tell(writer, "orders")
    stored = pair(request=None, control=None, candidate=None)
    writer.write(batch(result(pair=stored)))
    assert store.pair(stored.id) == replace(stored, request=None, control=None, candidate=None)
    writer.close()


def test_every_question_to_a_store_that_is_not_there_says_so(store: SqliteStore) -> None:
    for ask in (store.summaries, store.signatures, lambda: store.pair("a")):
        with pytest.raises(NoStore):
            ask()
