from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shadow.model import Difference, Kind, Outcome, SignatureSummary
from shadow.signature import signature_id
from shadow.store import open_store
from shadow.store.records import SignatureSeen, StoredPair
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, batch, pair, result
from tests.shadow.tap import plan_for

SIGNATURE = signature_id("orders", "$.a.*", "values_changed")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return open_store(f"sqlite:///{tmp_path}/s.db")


def record(store: SqliteStore, *pairs: StoredPair) -> SignatureSummary:
    """The pairs, and what is known of their signature then."""
    writer = store.writer()
    plan = replace(plan_for("http://a", "http://b", route="orders"), rules="r1")
    writer.write(batch(plans={"orders": plan}, plans_at=AT))
    for one in pairs:
        seen = SignatureSeen(SIGNATURE, "$.a.*", "values_changed", "1", "2")
        writer.write(batch(result(Outcome.MISMATCH, at=one.at, signatures=(seen,), pair=one, size=100)))
    writer.close()
    (signature,) = [one for one in store.signatures() if one.id == SIGNATURE]
    return signature


def test_the_newest_come_first_with_their_own_values(store: SqliteStore) -> None:
    other = (Difference("$.a.y", Kind.VALUES_CHANGED, "7", None, "$.a.*"),)
    signature = record(store, pair(at=AT), pair(at=AT + 60, differences=other, target="/orders/8", method="HEAD"))
    newest, first = store.sightings(signature)
    assert (newest.at, newest.method, newest.target, newest.outcome) == (AT + 60, "HEAD", "/orders/8", "mismatch")
    assert (newest.control, newest.candidate, newest.kept) == ("7", None, True)
    assert (first.control, first.candidate) == ("1", "2")


def test_pairs_with_other_differences_are_none(store: SqliteStore) -> None:
    elsewhere = (Difference("$.z", Kind.VALUES_CHANGED, "1", "2"),)
    otherwise = (Difference("$.a.x", Kind.TYPE_CHANGES, "1", '"1"', "$.a.*"),)
    signature = record(store, pair(), pair(differences=elsewhere), pair(differences=otherwise))
    assert len(store.sightings(signature)) == 1


def test_there_are_at_most_as_many_as_asked_for(store: SqliteStore) -> None:
    signature = record(store, *(pair(at=AT + n) for n in range(5)))
    assert [one.at for one in store.sightings(signature, limit=2)] == [AT + 4, AT + 3]
