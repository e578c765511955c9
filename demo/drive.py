"""Sending the traffic through the proxy, so many at a time, with a progress bar on a terminal."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from console.jobs.job import Told
from console.progress import bar
from demo.traffic import Request

CONCURRENCY = 6
"""Users at a time."""

RATE = 250.0
"""Requests a second at most. As fast as possible, and on two cores the shadow worker, which stands back, would be left far behind."""


@dataclass(slots=True)
class Driven:
    """What the users saw: answers by route, and requests that got none, each with why."""

    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def sent(self) -> int:
        return self.answered.total() + len(self.failed)


async def drive(base: str, requests: Iterable[Request], total: int, *told: Told) -> Driven:
    """Send all ``requests`` to ``base``. A failed one is recorded, never raised. ``told`` learns how far that is."""
    driven = Driven()
    began = time.monotonic()
    todo = _in_time(requests, began)
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    jar = aiohttp.DummyCookieJar()
    with bar("users at work", total, *told) as shown:
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, auto_decompress=False) as session:

            async def user() -> None:
                for due, request in todo:
                    await asyncio.sleep(due - time.monotonic())
                    await _send(session, base, request, driven)
                    shown.done()

            await asyncio.gather(*(user() for _ in range(CONCURRENCY)))
    driven.seconds = time.monotonic() - began
    return driven


def _in_time(requests: Iterable[Request], began: float) -> Iterator[tuple[float, Request]]:
    """Each with the moment at which it is to be sent, on the clock of ``began``."""
    for number, request in enumerate(requests):
        yield began + number / RATE, request


async def _send(session: aiohttp.ClientSession, base: str, request: Request, driven: Driven) -> None:
    url = URL(base + request.target, encoded=True)
    try:
        async with session.request(
            request.method, url, headers=request.headers, data=request.body or None, allow_redirects=False
        ) as answer:
            await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        driven.failed.append(f"{request.method} {request.target}: {error!r}")
    else:
        driven.answered[request.route] += 1
