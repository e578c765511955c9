from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.web import evidence as module
from console.web.evidence import Evidence
from shadow.model import RouteSummary
from shadow.store import NoStore, SqliteStore, StoreError
from tests.console.scene import PAIR, fill_store


class Slow(SqliteStore):
    """A store that counts how often it is read, and answers when it is allowed to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.readings = 0
        self.allowed = threading.Event()

    def summaries(self, *, since: float | None = None, route: str | None = None) -> list[RouteSummary]:
        self.readings += 1
        self.allowed.wait(10)
        return super().summaries(since=since, route=route)

    def glance(self) -> None:
        self.readings += 1
        self.allowed.wait(10)
        super().glance()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    fill_store(tmp_path / "strangler.db")
    store = Slow(tmp_path / "strangler.db")
    yield store
    store.allowed.set()


async def test_all_who_ask_at_once_share_one_reading_and_the_loop_goes_on(slow: Slow) -> None:
    evidence = Evidence(slow)
    asking = [asyncio.create_task(evidence.summaries()) for _ in range(10)]
    await asyncio.sleep(0)  # all of them have asked
    assert not any(task.done() for task in asking)
    slow.allowed.set()
    answers = await asyncio.gather(*asking)
    assert slow.readings == 1
    assert all(len(answer) == 3 for answer in answers)
    evidence.close()


async def test_a_fresh_answer_is_given_again_and_an_old_one_is_not(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    slow.allowed.set()
    evidence = Evidence(slow)
    await evidence.summaries()
    await evidence.summaries()
    assert slow.readings == 1
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.0)
    await evidence.summaries()
    assert slow.readings == 2
    evidence.close()


async def test_a_store_that_hangs_is_given_up_and_those_who_wait_longer_still_get_the_answer(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GLANCE_SECONDS", 0.01)
    evidence = Evidence(slow)
    assert "did not answer within" in str(await evidence.trouble())
    monkeypatch.setattr(module, "GLANCE_SECONDS", 10.0)
    waiting = asyncio.create_task(evidence.trouble())
    slow.allowed.set()
    assert await waiting is None
    assert slow.readings == 1
    evidence.close()


async def test_a_health_check_does_not_add_up_the_evidence(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "summaries", None)
    slow.allowed.set()
    evidence = Evidence(slow)
    assert await evidence.trouble() is None
    evidence.close()


async def test_questions_that_nobody_answers_are_bounded(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    evidence = Evidence(slow)
    asking = [asyncio.create_task(evidence.summaries(since=3600.0 * n)) for n in range(5)]
    done, _ = await asyncio.wait(asking, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(task.exception(), StoreError) for task in done)
    slow.allowed.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert sum(isinstance(answer, StoreError) for answer in answers) == 2
    evidence.close()


async def test_a_store_that_is_not_there_yet_is_no_trouble(tmp_path: Path) -> None:
    evidence = Evidence(SqliteStore(tmp_path / "none.db"))
    assert await evidence.trouble() is None
    with pytest.raises(NoStore):
        await evidence.summaries()
    evidence.close()


async def test_a_broken_store_is_trouble_until_it_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.0)
    path = tmp_path / "strangler.db"
    path.write_text("no database" * 1000)
    evidence = Evidence(SqliteStore(path))
    assert "cannot read" in str(await evidence.trouble())
    path.unlink()
    fill_store(path)
    assert await evidence.trouble() is None
    assert [pair.id for pair in await evidence.pairs(PAIR)] == [PAIR]
    evidence.close()
