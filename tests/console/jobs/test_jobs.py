"""Jobs of the console, in real processes of their own, over a real store."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from console.jobs.asked import Asked, Purge, Rejudge, Replay
from console.jobs.child import _least_changed
from console.jobs.job import Job, Kind, State
from console.jobs.jobs import Busy, Jobs
from shadow.store import open_store
from shadow.store.read_kept import Wanted
from tests.console.scene import PAIR, TABLE, fill_store

RULES = Rejudge(table=TABLE, name="the table in force")
ROUTE = Purge(identities=(), route="order-read", before=None, pair=None, key_mark="", by="ada")


class Watched:
    """Jobs, and what was told of those that ended."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.ended: asyncio.Queue[Job] = asyncio.Queue()
        self.jobs = Jobs(f"sqlite:///{store}", self.ended.put)

    async def done(self, kind: Kind, asked: Asked) -> Job:
        begun = await self.jobs.begin(kind, "something", "ada", asked)
        job = await asyncio.wait_for(self.ended.get(), 60)
        assert job.id == begun.id
        assert job == self.jobs.files.one(job.id)
        return job


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    store = tmp_path / "strangler.db"
    fill_store(store)
    watched = Watched(store)
    yield watched
    await watched.jobs.close()


async def test_judging_again_tells_what_the_command_tells(watched: Watched) -> None:
    job = await watched.done(Kind.REJUDGE, RULES)
    assert (job.state, job.by, job.via, job.done, job.total) == (State.DONE, "ada", "console", 1, 1)
    assert job.result is not None
    (route,) = job.result["routes"]
    assert (route["route"], route["kept"], route["judged"], route["changed"]) == ("order-read", 1, 1, 0)
    assert route["before"]["readiness"]["verdict"] == "blocked"
    assert job.result["routes_in_all"] == 1


def test_routes_with_another_verdict_come_first_then_those_of_which_most_changes() -> None:
    def route(name: str, after: str, changed: int) -> dict[str, Any]:
        sides = {side: {"readiness": {"verdict": verdict}} for side, verdict in (("before", "ready"), ("after", after))}
        return {"route": name, "changed": changed, **sides}

    routes = [route("a", "ready", 0), route("b", "ready", 9), route("c", "blocked", 1)]
    assert [one["route"] for one in sorted(routes, key=_least_changed)] == ["c", "b", "a"]


async def test_what_cannot_be_repeated_is_left_out_of_a_replay(watched: Watched) -> None:
    job = await watched.done(Kind.REPLAY, Replay(route="order-read", url="http://127.0.0.1:9", table=TABLE))
    assert job.state is State.DONE
    assert job.result is not None
    assert (job.result["sent"], sum(job.result["left_out"].values())) == (0, 1)


async def test_a_purge_removes_what_was_asked_for_and_says_so(watched: Watched) -> None:
    job = await watched.done(Kind.PURGE, ROUTE)
    assert (job.state, job.done) == (State.DONE, job.total)
    assert job.result is not None
    assert job.result["lines"][0].startswith("Removed 1 pair (1 with requests and answers)")
    assert job.result["gone_from_disk"]
    assert open_store(f"sqlite:///{watched.store}").kept(Wanted()) == []
    assert PAIR.encode() not in watched.store.read_bytes()


async def test_a_store_that_cannot_be_read_fails_the_job_in_words(watched: Watched) -> None:
    for file in watched.store.parent.glob("strangler.db*"):
        if file.is_file():
            file.unlink()
    job = await watched.done(Kind.REJUDGE, RULES)
    assert job.state is State.FAILED
    assert "strangler.db" in job.detail


async def test_one_of_a_kind_at_a_time_and_whoever_comes_second_learns_of_the_first(watched: Watched) -> None:
    begun = await watched.jobs.begin(Kind.REJUDGE, "everything", "ada", RULES)
    with pytest.raises(Busy, match="everything, begun by ada") as caught:
        await watched.jobs.begin(Kind.REJUDGE, "more", "ben", RULES)
    assert caught.value.job.id == begun.id
    other = await watched.jobs.begin(Kind.PURGE, "the route", "ada", ROUTE)
    ended = {(await asyncio.wait_for(watched.ended.get(), 60)).id for _ in range(2)}
    assert ended == {begun.id, other.id}
    assert (await watched.done(Kind.REJUDGE, RULES)).state is State.DONE


async def test_a_job_that_is_stopped_says_so(watched: Watched) -> None:
    begun = await watched.jobs.begin(Kind.REJUDGE, "everything", "ada", RULES)
    assert watched.jobs.stop(begun.id)
    job = await asyncio.wait_for(watched.ended.get(), 60)
    assert (job.id, job.state) == (begun.id, State.STOPPED)
    assert not watched.jobs.stop(begun.id)


async def test_a_job_that_is_killed_is_lost_and_that_is_told(watched: Watched) -> None:
    begun = await watched.jobs.begin(Kind.REJUDGE, "everything", "ada", RULES)
    os.kill(watched.jobs._running[begun.id].pid, signal.SIGKILL)
    job = await asyncio.wait_for(watched.ended.get(), 60)
    assert (job.id, job.state) == (begun.id, State.LOST)


async def test_jobs_end_with_the_console(watched: Watched) -> None:
    begun = await watched.jobs.begin(Kind.REJUDGE, "everything", "ada", RULES)
    process = watched.jobs._running[begun.id]
    await watched.jobs.close()
    assert await asyncio.wait_for(process.wait(), 60) != 0
    found = watched.jobs.files.one(begun.id)
    assert found is not None
    assert found.state in {State.STOPPED, State.LOST}  # it may not have come so far as to say it


async def test_where_nothing_can_be_written_no_job_begins(watched: Watched) -> None:
    watched.store.with_name("strangler.db.jobs").write_text("a file")
    with pytest.raises(OSError, match="is a file"):
        await watched.jobs.begin(Kind.REJUDGE, "everything", "ada", RULES)
