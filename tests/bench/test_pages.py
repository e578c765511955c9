from __future__ import annotations

import time
from pathlib import Path

import pytest

from bench.million import ROUTES, make_store, table_text
from bench.pages import BAR_MS, Timed, _addresses, _bar, made
from shadow.store import SqliteStore

PAIRS = 3_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("million") / "strangler.db"
    assert make_store(path, table_text("http://a", "http://b"), PAIRS, time.time()) > 0
    return path


def test_the_store_has_as_many_pairs_as_it_says_in_four_builds_of_a_month(path: Path) -> None:
    store = SqliteStore(path)
    assert len(store.plans()) == ROUTES
    epochs = [epoch for route in store.routes() for epoch in store.past_epochs(route)]
    assert sum(sum(epoch.outcomes.values()) for epoch in epochs) == PAIRS
    assert {epoch.candidate_version for epoch in epochs} == {"2.0", "2.1", "2.2", "2.3"}
    times = [at for epoch in epochs for at in (epoch.first_pair, epoch.last_pair) if at is not None]
    assert max(times) <= time.time()
    assert max(times) - min(times) > 28 * 86_400


@pytest.mark.parametrize("hours", [0, 8, 16])
def test_what_is_asked_for_is_there_at_every_time_of_the_day(tmp_path: Path, hours: int) -> None:
    path = tmp_path / "strangler.db"
    make_store(path, table_text("http://a", "http://b"), PAIRS, time.time() - 3600 * hours)
    addresses = _addresses(path)
    signature, pair = (
        next(one for one in addresses if one.startswith(start)) for start in ("/differences/", "/pairs/")
    )
    store = SqliteStore(path)
    assert store.pair(pair.rpartition("/")[2]) is not None
    assert signature.rpartition("/")[2] in {one.id for one in store.signatures()}


def test_a_young_store_is_used_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert made(tmp_path, 200) == made(tmp_path, 200) > 0
    assert capsys.readouterr().out.count("making") == 1


def timed(name: str, *ms: float, speed: float = 1.0, refused: int = 0) -> Timed:
    found = Timed(name, refused=refused)
    for each in ms:
        found.took(each, speed)
    return found


@pytest.mark.parametrize(
    ("one", "fine"),
    [
        (timed("/", BAR_MS), True),
        (timed("/", 1.0, BAR_MS + 1), False),
        (timed("/", 1.0, refused=1), False),
        (timed("/", 2 * BAR_MS, speed=0.5), True),
        (timed("/", BAR_MS, speed=2.0), False),
    ],
    ids=["at the bar", "late once", "refused", "on a slow machine", "on a fast machine"],
)
def test_one_late_or_missing_answer_misses_the_bar_at_the_reference_speed(one: Timed, fine: bool) -> None:
    assert _bar([timed("/system", 2.0), one], 10)["fine"] is fine
