"""Sending the traffic through the proxy, so many at a time, with a progress bar on a terminal."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from yarl import URL

from demo.traffic import Request

CONCURRENCY = 6
"""More, and on two cores the shadow worker would be late, and what it measures would not count."""


@dataclass(slots=True)
class Driven:
    """What the users saw: answers by route, and requests that got none, each with why."""

    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def sent(self) -> int:
        return self.answered.total() + len(self.failed)


async def drive(base: str, requests: Iterable[Request], total: int) -> Driven:
    """Send all ``requests`` to ``base``. A failed one is recorded, never raised."""
    driven = Driven()
    began = time.monotonic()
    todo = iter(requests)
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    jar = aiohttp.DummyCookieJar()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("users at work", total=total)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, auto_decompress=False) as session:

            async def user(requests: Iterator[Request]) -> None:
                for request in requests:
                    await _send(session, base, request, driven)
                    progress.advance(bar)

            await asyncio.gather(*(user(todo) for _ in range(CONCURRENCY)))
    driven.seconds = time.monotonic() - began
    return driven


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
