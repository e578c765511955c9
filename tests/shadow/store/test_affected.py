"""What would go is counted before anything is touched."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from shadow.model import Outcome, Shape
from shadow.redact import Redactor
from shadow.store.affected import Unsearchable
from shadow.store.selection import Selection
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, batch, pair, result, seen
from tests.shadow.tap import plan_for

KEY, OTHER = Redactor(b"k" * 32), Redactor(b"o" * 32)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    """Five pairs: of anna, anna, bert, nobody, and of anna under another key. The newest of anna is the example."""
    store = SqliteStore(tmp_path / "s.db")
    writer = store.writer()
    whose = (KEY.identity("bert"), KEY.identity("anna"), KEY.identity("anna"), "", OTHER.identity("anna"))
    results = [
        result(Outcome.MISMATCH, pair=pair(at=AT + n), at=AT + n, identity=one, signatures=(seen(),) if n < 3 else ())
        for n, one in enumerate(whose)
    ]
    writer.write(batch(*results, plans={"orders": plan_for("http://a", "http://b")}))
    writer.close()
    return store


def test_pairs_contents_and_examples_are_counted(store: SqliteStore) -> None:
    affected = store.affected(Selection((KEY.identity("anna"),)), KEY.key_mark)
    assert (len(affected.pairs), affected.contents, affected.examples, affected.sums) == (2, 2, 1, 0)
    assert 1000 < affected.size < 5000
    assert affected.anything
    nobody = store.affected(Selection((KEY.identity("carl"),)), KEY.key_mark)
    assert not nobody.anything


def test_pairs_of_which_nobody_knows_whose_they_are_are_told(store: SqliteStore) -> None:
    connection = sqlite3.connect(store.path)
    connection.execute("UPDATE pair SET identity = NULL WHERE at <= ?", (AT + 1,))
    connection.commit()
    connection.close()
    selection = Selection((KEY.identity("anna"),))
    assert store.affected(selection, KEY.key_mark).unsearchable == Unsearchable(2, 1, 1, AT + 1)
    assert store.affected(Selection(route="orders")).unsearchable == Unsearchable()
    later = Selection((KEY.identity("anna"),), before=AT + 1)
    assert store.affected(later, KEY.key_mark).unsearchable == Unsearchable(1, 0, 0, AT)


def test_a_whole_route_has_sums_and_a_part_of_it_has_none(store: SqliteStore) -> None:
    writer = store.writer()
    writer.write(batch(result(shape=Shape("GET", "", "2xx", signed_in=False), control_ms=5.0)))
    writer.close()
    assert store.affected(Selection(route="orders")).sums == 6
    assert store.affected(Selection(route="orders", before=AT + 9)).sums == 0


def test_routes_are_known_as_long_as_anything_is_recorded_of_them(store: SqliteStore) -> None:
    writer = store.writer()
    writer.write(batch(plans={"search": plan_for("http://a", "http://b", route="search")}))
    writer.close()
    assert store.routes() == ["orders", "search"]


def test_pairs_are_found_by_the_beginning_of_their_ids_as_it_is_written(store: SqliteStore) -> None:
    [one] = [store.affected(Selection(before=AT + 1)).pairs[0]]
    assert store.pairs_beginning_with(one[:-1])[0][:-1] == one[:-1]
    assert store.pairs_beginning_with(one) == [one]
    assert store.pairs_beginning_with("%") == []
