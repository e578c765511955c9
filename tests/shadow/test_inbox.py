"""The bounded queue between receiving and replaying."""

import asyncio

from shadow.inbox import Inbox, Job
from tests.shadow.tap import exchange_of, plan_for


class Nobody:
    def dealt_with(self, count: int) -> None:
        raise AssertionError(f"the inbox gives no receipts, not even {count}")


def job(size: int = 10) -> Job:
    return Job(exchange_of(), plan_for("http://a", "http://b"), size, Nobody())


async def test_the_newest_is_refused_when_bytes_run_out_and_room_comes_back_when_a_job_is_finished() -> None:
    inbox = Inbox(max_bytes=25)
    first, second, third = job(), job(), job()
    assert inbox.offer(first)
    assert inbox.offer(second)
    assert not inbox.offer(third)
    assert await inbox.take() is first
    assert not inbox.offer(third), "what is in replay still takes its room"
    inbox.finished(first)
    assert inbox.offer(third)
    assert (inbox.waiting, inbox.size) == (2, 20)


async def test_their_number_is_bounded_too() -> None:
    inbox = Inbox(max_bytes=1000, max_waiting=1)
    assert inbox.offer(job(1))
    assert not inbox.offer(job(1))


async def test_it_is_idle_when_nothing_waits_and_nothing_is_in_replay() -> None:
    inbox = Inbox(max_bytes=100)
    await inbox.until_idle()
    inbox.offer(job())
    idle = asyncio.ensure_future(inbox.until_idle())
    taken = await inbox.take()
    assert not idle.done()
    inbox.finished(taken)
    await idle


async def test_what_nobody_has_taken_can_be_abandoned() -> None:
    inbox = Inbox(max_bytes=100)
    jobs = [job(), job()]
    for one in jobs:
        inbox.offer(one)
    assert inbox.abandon() == jobs
    for one in jobs:
        inbox.finished(one)
    await inbox.until_idle()
    assert inbox.size == 0
