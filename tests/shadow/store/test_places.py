from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadow.noise.seen import PlaceSeen, RuleHit
from shadow.store.sqlite import SqliteStore
from shadow.store.write import StoreWriter
from shadow.store.write_places import MAX_PLACES
from tests.shadow.store.results import batch, result
from tests.shadow.tap import plan_for

PLAN = plan_for("http://127.0.0.1:1", "http://127.0.0.1:2")


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "strangler.db")


@pytest.fixture
def writer(store: SqliteStore) -> Iterator[StoreWriter]:
    writer = store.writer()
    writer.write(batch(plans={"orders": PLAN}))
    yield writer
    writer.close()


def seen(
    place: str = "$.a", *, differed: bool = True, drifted: bool = False, sampled: bool = True, **more: object
) -> PlaceSeen:
    return PlaceSeen(place, "values_changed", differed, drifted, sampled, **more)  # type: ignore[arg-type]  # as it says


def test_places_add_up_over_batches(store: SqliteStore, writer: StoreWriter) -> None:
    for places in ((seen(), seen("$.b", drifted=True)), (seen(differed=False, drifted=True),), (seen(sampled=False),)):
        writer.write(batch(result(places=places, again=True, sampled=places[0].sampled)))
    learned = store.learned()["orders"]
    assert (learned.compared, learned.asked_twice, learned.repeats) == (3, 3, 2)
    a, b = learned.places
    assert (a.place, a.differed, a.drifted, a.only_candidate, a.only_control, a.both) == ("$.a", 2, 1, 1, 1, 0)
    assert (b.place, b.differed, b.drifted, b.both, b.repeats) == ("$.b", 1, 1, 1, 2)


def test_sorts_are_counted_and_the_distance_is_the_largest(store: SqliteStore, writer: StoreWriter) -> None:
    for sort, apart in (("rounded", 0.25), ("rounded", 0.5), ("text", 0.0)):
        writer.write(batch(result(places=(seen(sort=sort, distance=apart),))))
    (place,) = store.learned()["orders"].places
    assert (place.sorts, place.distance, place.usual) == ({"rounded": 2, "text": 1}, 0.5, "")
    for _ in range(10):
        writer.write(batch(result(places=(seen(sort="rounded"),))))
    assert store.learned()["orders"].places[0].usual == "rounded"


def test_what_rules_hid_is_counted_and_a_new_kind_knows_how_much_came_before(
    store: SqliteStore, writer: StoreWriter
) -> None:
    for number in range(25):
        writer.write(batch(result(at=1000.0 + number, hits=(RuleHit("$.a", "values_changed", 2),))))
    writer.write(batch(result(at=2000.0, hits=(RuleHit("$.a", "type_changes", 1),))))
    old, new = store.learned()["orders"].uses
    assert (old.kind, old.pairs, old.n, old.is_news) == ("values_changed", 25, 50, False)
    assert (new.kind, new.pairs, new.earlier, new.is_news, new.first_seen) == ("type_changes", 1, 25, True, 2000.0)


def test_places_are_bounded(store: SqliteStore, writer: StoreWriter) -> None:
    writer.write(batch(result(places=tuple(seen(f"$.a{number}") for number in range(MAX_PLACES + 5)))))
    writer.write(batch(result(places=(seen("$.one-more"), seen("$.a1")))))
    assert len(store.learned()["orders"].places) == MAX_PLACES
