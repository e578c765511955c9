"""Mutated traffic on both sides of the wire: whatever comes, the live path stays in step with itself.

In continuous integration some fixed cases; ``make fuzz`` goes on with new ones for ``SECONDS``. What fails is made as small as
possible by hypothesis, and printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import random
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httptools
import hypothesis
import pytest
import uvloop
from hypothesis import HealthCheck, Phase, given, settings

from tests.proxy.conftest import Proxy, serving, to_legacy
from tests.proxy.mutations import FINE, SIDES, TAG, Case, Talk
from tests.proxy.wire import Client, Origin, OriginConnection, eventually

SECONDS = float(os.environ.get("STRANGLER_FUZZ_SECONDS", "0"))
EXAMPLES = 60
SILENCE = 0.03
"""Seconds without a byte until a client has heard enough."""

_TAGS = re.compile(rb"<[w\d@?][\d@?]>")


class Requests:
    """What a strict parser takes for requests: no more answers than that may come, and a backend sees nothing else."""

    def __init__(self) -> None:
        self.targets: list[bytes] = []
        self.error: Exception | None = None
        self.complete = 0
        self.upgrades = False
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        while data and self.error is None:
            try:
                self._parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                self.upgrades = True
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                self.error = error

    def on_message_begin(self) -> None:
        self.targets.append(b"")

    def on_url(self, part: bytes) -> None:
        self.targets[-1] += part

    def on_message_complete(self) -> None:
        self.complete += 1


class Answers:
    """Counts final answers as a client's parser sees them: a body may look like an answer and is none."""

    def __init__(self, data: bytes) -> None:
        self.final = 0
        self._parser = httptools.HttpResponseParser(self)
        with contextlib.suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self.final += self._parser.get_status_code() >= 200


class Arena:
    """A proxy, its backend, and a witness: a good client on a connection of its own, which uses the same backend connections."""

    def __init__(self) -> None:
        self.case = Case((), (), True)
        self.proxy: Proxy
        self.invalid: list[Exception] = []
        self._turn = itertools.count()
        self._witnessed = itertools.count()

    @contextlib.asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Arena]:
        async with Origin(self.backend) as origin:
            more = "defaults: { timeouts: { first_byte: 200ms, idle: 200ms } }\n"
            async with serving(to_legacy(origin.port, more), directory) as self.proxy:
                yield self

    async def backend(self, connection: OriginConnection) -> None:
        requests = Requests()
        answered = 0
        while data := await connection.reader.read(2**16):
            requests.feed(data)
            if requests.error is not None:
                self.invalid.append(requests.error)
                return
            while answered < requests.complete:
                target = requests.targets[answered]
                answered += 1
                tag = _TAGS.search(target)
                if not await self.answer(
                    connection, tag[0] if tag else b"<??>", witness=target.startswith(b"/witness")
                ):
                    return

    async def answer(self, connection: OriginConnection, tag: bytes, *, witness: bool) -> bool:
        """Says whether the connection goes on."""
        if witness:
            await connection.send(FINE.replace(TAG, tag))
            return True
        talk = self.case.answers[next(self._turn) % len(self.case.answers)]
        for piece in talk.tagged(tag):
            await connection.send(piece)
            await asyncio.sleep(0)
        if talk.end == "resets":
            connection.reset()
        switched = b" 101 " in b"".join(talk.pieces)  # what follows is no HTTP
        return talk.end == "stays" and not switched

    async def run(self, case: Case) -> None:
        self.case = case
        self.invalid.clear()
        tags = [b"<%02d>" % number for number in range(len(case.clients))]
        await asyncio.gather(
            self.witness(), *(self.client(talk, tag) for talk, tag in zip(case.clients, tags, strict=True))
        )
        await self.witness()
        await self.came_to_rest()
        assert not self.invalid, self.invalid

    async def client(self, talk: Talk, tag: bytes) -> None:
        pieces = talk.tagged(tag)
        received = await self.exchange(pieces, talk.end)
        legal = Requests()
        legal.feed(b"".join(pieces))
        # One more: bytes that begin no request are refused all the same. This parser does not know what follows the head of an upgrade.
        assert Answers(received).final <= len(legal.targets) + 1 or legal.upgrades
        if self.case.traceable:
            assert set(_TAGS.findall(received)) <= {tag, b"<??>", TAG}

    async def exchange(self, pieces: list[bytes], end: str) -> bytes:
        """Send, and read until the proxy closes or has nothing more to say."""
        client = await Client.connect(self.proxy.port)
        received = b""
        try:
            for piece in pieces:
                await client.send(piece)
                await asyncio.sleep(0)
            if end == "ends":
                client.writer.write_eof()
            while end != "resets" and (data := await asyncio.wait_for(client.reader.read(2**16), SILENCE)):
                received += data
        except (OSError, TimeoutError):
            pass
        client.writer.transport.abort()
        await client.close()
        return received

    async def witness(self) -> None:
        tag = b"<w%d>" % (next(self._witnessed) % 10)
        client = await Client.connect(self.proxy.port)
        for _ in range(3):
            await client.send(b"GET /witness/" + tag + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            status, _, body = await client.read_answer()
            assert (status, body) == (200, tag) or not self.case.traceable
        await client.close()

    async def came_to_rest(self) -> None:
        running = self.proxy
        await eventually(lambda: not running.live.clients, "a client connection was left over")
        for gauge in ("strangler_in_flight", "strangler_connections", "strangler_tunnels"):
            assert running.count(gauge) == 0, gauge
        await eventually(lambda: not connecting(), "a task was left over")


def connecting() -> list[str]:
    return [name for task in asyncio.all_tasks() if (name := task.get_name()).startswith("connect ")]


def seeds() -> Iterator[int | None]:
    """None for the fixed cases; then as many more as there is time for."""
    yield None
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        yield random.randrange(2**32)


@pytest.mark.promise("C2", "U9")
@pytest.mark.parametrize("side", SIDES)
def test_mutated_traffic_leaves_nothing_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture, side: str) -> None:
    arena = Arena()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = contextlib.AsyncExitStack()
        runner.run(stack.enter_async_context(arena.open(tmp_path)))

        def check(case: Case) -> None:
            caplog.clear()
            runner.run(asyncio.wait_for(arena.run(case), 20.0))
            assert not [record for record in caplog.records if record.levelno >= logging.ERROR], caplog.text

        try:
            for seed in seeds():
                limits = settings(
                    max_examples=EXAMPLES, deadline=None, database=None, derandomize=seed is None,
                    suppress_health_check=list(HealthCheck), phases=[Phase.generate] + [Phase.shrink] * (seed is not None),
                )  # fmt: skip
                test = limits(given(SIDES[side])(check))
                (test if seed is None else hypothesis.seed(seed)(test))()
        finally:
            runner.run(stack.aclose())
