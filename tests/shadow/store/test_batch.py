"""Batches: what survives one that the store refused."""

from collections import Counter

from shadow.store.batch import Batch
from tests.shadow.store.results import AT, result
from tests.shadow.tap import plan_for


def test_a_refused_batch_leaves_its_sums_to_the_next_one_and_the_newer_word_counts() -> None:
    old, new = plan_for("http://a", "http://b"), plan_for("http://a", "http://c")
    older = Batch(
        plans={"orders": old},
        told={("p", "orders"): ("r1", AT, {"seen": 1}), ("q", "orders"): ("r1", AT, {"seen": 7})},
        counts=Counter({("orders", "r1", 0, "skipped:shadow_busy"): 2}),
        pairs=[result()],
    )
    newer = Batch(
        plans={"orders": new},
        told={("p", "orders"): ("r1", AT + 1, {"seen": 2})},
        counts=Counter({("orders", "r1", 0, "skipped:shadow_busy"): 3}),
    )
    newer.keep_for_later(older)
    assert newer.plans == {"orders": new}
    assert newer.told == {("p", "orders"): ("r1", AT + 1, {"seen": 2}), ("q", "orders"): ("r1", AT, {"seen": 7})}
    assert newer.counts == {("orders", "r1", 0, "skipped:shadow_busy"): 5}
    assert newer.pairs == []


def test_plans_that_nobody_replaced_are_kept() -> None:
    plans = {"orders": plan_for("http://a", "http://b")}
    newer = Batch()
    assert not newer
    newer.keep_for_later(Batch(plans=plans))
    assert newer.plans == plans
    assert newer
