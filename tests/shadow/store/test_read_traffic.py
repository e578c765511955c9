from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from shadow.model import Mark, Outcome
from shadow.store import open_store
from shadow.store.batch import HOUR
from shadow.store.read_traffic import Hour
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, batch, result
from tests.shadow.tap import plan_for

NOW = int(AT // HOUR)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return open_store(f"sqlite:///{tmp_path}/s.db")


def test_traffic_is_told_by_hour_and_backend_with_what_comparing_found(store: SqliteStore) -> None:
    writer = store.writer()
    plan = plan_for("http://a", "http://b", route="orders")
    writer.write(batch(plans={"orders": plan}, plans_at=AT))
    for hours, answered in ((0, 10), (1, 30)):
        told = {"seen": answered * 2, "answered:legacy": answered, "answered:new": answered}
        writer.write(batch(told={("p", "orders"): ("r1", AT + hours * HOUR, told)}))
    writer.write(batch(result(), result(Outcome.MISMATCH)))
    writer.close()
    assert store.traffic(NOW) == {
        "orders": [
            Hour(NOW, Counter({"legacy": 10, "new": 10}), Counter({"match": 1, "mismatch": 1})),
            Hour(NOW + 1, Counter({"legacy": 20, "new": 20})),
        ]
    }
    assert [hour.hour for hour in store.traffic(NOW + 1)["orders"]] == [NOW + 1]
    assert store.traffic(NOW, "users") == {}


def test_who_answered_does_not_disturb_the_summary(store: SqliteStore) -> None:
    writer = store.writer()
    plan = plan_for("http://a", "http://b", route="orders")
    writer.write(batch(plans={"orders": plan}, plans_at=AT))
    writer.write(batch(told={("p", "orders"): (plan.rules, AT, {"seen": 5, "answered:legacy": 5})}))
    writer.close()
    assert store.summaries()[0].seen == 5


def test_past_epochs_are_told_newest_first_with_who_began_them(store: SqliteStore) -> None:
    writer = store.writer()
    plan = plan_for("http://a", "http://b", route="orders")
    writer.write(batch(result(rules=plan.rules), plans={"orders": plan}, plans_at=AT))
    store.mark(["orders"], Mark(AT + 1, "ann", "1.4 deployed"))
    writer.write(batch(result(Outcome.MISMATCH, rules=plan.rules, at=AT + 2)))
    writer.close()
    newest, oldest = store.past_epochs("orders")
    assert (newest.mark, newest.outcomes) == (("ann", "1.4 deployed"), {"mismatch": 1})
    assert (oldest.mark, oldest.outcomes, oldest.first_pair) == (None, {"match": 1}, AT)
    assert len(store.past_epochs("orders", limit=1)) == 1
