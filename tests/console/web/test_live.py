from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from console.web import evidence, live
from shadow.store import SqliteStore
from tests.console.scene import fill_store
from tests.console.test_status import process
from tests.console.web.port import Port, start


async def until_event(answer: aiohttp.ClientResponse) -> None:
    while await answer.content.readline() != b"event: change\n":
        assert not answer.content.at_eof()


async def test_listeners_are_told_that_numbers_changed_and_the_end_ends_them(port: Port) -> None:
    await start(port)
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        first, second = [await session.get(f"{port.url}/events") for _ in range(2)]
        assert first.content_type == "text/event-stream"
        port.instance.take_status({**port.instance.told, "processes": [process("proxy", restarts=7)]})
        await asyncio.gather(until_event(first), until_event(second))
        await port.app.shutdown()
        await asyncio.gather(first.content.read(), second.content.read())


async def test_one_look_serves_all_who_listen(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    await start(port)
    looks = 0
    status = port.instance.status

    async def counted() -> dict[str, Any]:
        nonlocal looks
        looks += 1
        return await status()

    monkeypatch.setattr(port.instance, "status", counted)
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        answers = [await session.get(f"{port.url}/events") for _ in range(5)]
        port.instance.take_status({**port.instance.told, "processes": [process("proxy", restarts=7)]})
        await asyncio.gather(*map(until_event, answers))
        assert looks < len(answers)
        await port.app.shutdown()
        await asyncio.gather(*(answer.content.read() for answer in answers))


async def test_fifty_pages_that_reload_at_once_read_the_store_as_one_does(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_store(port.store)
    await start(port)
    readings: Counter[str] = Counter()
    for name in ("summaries", "traffic"):
        monkeypatch.setattr(SqliteStore, name, _counting(getattr(SqliteStore, name), readings, name))
    monkeypatch.setattr(evidence, "FRESH_SECONDS", 60.0)  # however slow this machine is, it is one moment
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.timeout(60):
        answers = [await session.get(f"{port.url}/events") for _ in range(50)]
        assert readings == Counter(), "who only listens reads nothing"

        async def page(answer: aiohttp.ClientResponse) -> int:
            await until_event(answer)
            async with session.get(f"{port.url}/") as reloaded:
                await reloaded.read()
                return reloaded.status

        port.instance.take_status({**port.instance.told, "processes": [process("proxy", restarts=7)]})
        assert set(await asyncio.gather(*map(page, answers))) == {200}
        assert readings == {"summaries": 1, "traffic": 2}
        await port.app.shutdown()
        await asyncio.gather(*(answer.content.read() for answer in answers))


def _counting(read: Callable[..., Any], readings: Counter[str], name: str) -> Callable[..., Any]:
    def counted(*given: Any, **named: Any) -> Any:
        readings[name] += 1
        return read(*given, **named)

    return counted


async def test_no_more_listen_than_may(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    await start(port)
    monkeypatch.setattr(live, "MOST_LISTENERS", 0)
    status, body, _ = await port.ask("/events")
    assert (status, "reload the page" in body["detail"]) == (503, True)
