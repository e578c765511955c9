"""What is removed, and that it is really gone."""

from __future__ import annotations

from pathlib import Path

from proxy.model.keep import DAY, Keep
from shadow.model import Mark, Outcome, Shape
from shadow.store.connect import open_for_reading
from shadow.store.records import StoredBody, StoredRequest
from shadow.store.retention import Removed
from shadow.store.sqlite import SqliteStore
from tests.shadow.store.results import AT, batch, pair, result, seen
from tests.shadow.tap import plan_for

CANARY = "a secret that redaction overlooked"


def test_contents_go_after_a_week_findings_later_and_nothing_remains_on_disk(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    writer = store.writer()
    plans = {"orders": plan_for("http://a", "http://b")}
    canary = pair(request=StoredRequest("GET", CANARY, (), StoredBody()))
    writer.write(batch(result(Outcome.MISMATCH, pair=canary, signatures=(seen(),)), plans=plans))
    assert CANARY.encode() in on_disk(tmp_path)

    writer.remove_old(AT + 6 * DAY, Keep())
    assert store.pair(canary.id) == canary

    assert writer.holding().oldest == AT
    assert writer.remove_old(AT + 8 * DAY, Keep()) == Removed(contents=1)
    assert writer.holding().oldest is None
    found = store.pair(canary.id)
    assert found is not None
    assert (found.request, found.control, found.candidate) == (None, None, None)
    assert found.differences == canary.differences
    assert CANARY.encode() not in on_disk(tmp_path)
    assert store.summaries()[0].outcomes == {Outcome.MISMATCH: 1}

    assert writer.remove_old(AT + 91 * DAY, Keep()) == Removed(evidence=1)
    assert store.pair(canary.id) is None
    assert store.signatures() == []
    assert store.summaries()[0].outcomes == {}
    writer.close()


def test_epochs_of_old_builds_go_with_all_that_hangs_on_them_and_the_newest_mark_stays(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    writer = store.writer()
    plans = {"orders": plan_for("http://a", "http://b")}
    shape = Shape("GET", "", "2xx", signed_in=False)
    writer.write(batch(result(candidate_version="1", shape=shape), plans=plans))
    writer.write(batch(result(candidate_version="2", shape=shape, at=AT + 80 * DAY)))
    store.mark([], Mark(AT, "anna", "deploy"))
    writer.remove_old(AT + 91 * DAY, Keep())
    with open_for_reading(store.path) as connection:
        assert connection.execute("SELECT candidate_version FROM epoch").fetchall() == [("2",)]
        assert connection.execute("SELECT count(*) FROM shape").fetchone() == (1,)
        assert connection.execute("SELECT reason FROM mark").fetchall() == [("deploy",)]
    writer.close()


def test_over_the_size_limit_the_oldest_contents_go_first(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    writer = store.writer()
    pairs = [pair(at=AT + n, target="/" + "x" * 5000) for n in range(50)]
    writer.write(batch(*(result(pair=one) for one in pairs)))
    removed = writer.remove_old(AT, Keep(size=100_000))
    assert 0 < removed.size < 50
    assert (removed.contents, removed.evidence) == (0, 0)
    oldest, newest = store.pair(pairs[0].id), store.pair(pairs[-1].id)
    assert oldest is not None
    assert oldest.request is None
    assert newest is not None
    assert newest.request is not None
    writer.close()


def test_what_a_process_has_told_outlives_short_limits_so_that_it_is_not_counted_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "s.db")
    writer = store.writer()
    for at in (AT, AT + DAY):
        told = batch(plans={"orders": plan_for("http://a", "http://b")})
        told.told["run/proxy-0", "orders"] = ("r1", at, {"seen": 3})
        writer.write(told)
        writer.remove_old(at + 3600, Keep(contents=1.0))
    assert store.summaries()[0].seen == 3
    writer.close()


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())
