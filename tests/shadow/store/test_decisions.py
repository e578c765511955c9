from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from shadow.store import NoStore
from shadow.store.sqlite import SqliteStore
from shadow.triage import State, Triage
from tests.shadow.store.results import batch, result


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path / "strangler.db")
    writer = store.writer()
    writer.write(batch(result()))
    writer.close()
    return store


def said(state: State, signature: str = "abc", at: float = 1.0) -> Triage:
    return Triage(signature, "orders", state, "ann", "see JIRA-17", "bob", at)


def test_the_newest_decision_counts_and_the_older_ones_stay(store: SqliteStore) -> None:
    for triage in (said(State.BUG_IN_NEW), said(State.NOISE, "other"), said(State.FIXED, at=2.0)):
        store.decide(triage)
    assert store.triage() == {"abc": said(State.FIXED, at=2.0), "other": said(State.NOISE, "other")}
    assert store.triage_history("abc") == [said(State.BUG_IN_NEW), said(State.FIXED, at=2.0)]


def test_a_decision_is_written_beside_a_running_writer(store: SqliteStore) -> None:
    writer = store.writer()
    writer.write(batch(result()))
    store.decide(said(State.INTENDED))
    writer.write(batch(result()))
    writer.close()
    assert store.triage()["abc"].state is State.INTENDED


def test_without_a_store_there_is_nothing_to_decide_on(tmp_path: Path) -> None:
    with pytest.raises(NoStore):
        SqliteStore(tmp_path / "none.db").triage()


def test_hostile_text_is_text(store: SqliteStore) -> None:
    hostile = Triage(
        "'; DROP TABLE triage; --", "r", State.NOISE, "\x00", "\ud800".encode("utf-8", "replace").decode(), "x", 1.0
    )
    store.decide(hostile)
    assert store.triage()[hostile.signature] == hostile
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("SELECT count(*) FROM triage").fetchone() == (1,)
