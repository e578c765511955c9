"""The backend closes its idle connections at about the moment at which we use them again."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.conftest import ROUNDS
from tests.integration.test_faults import instance
from tests.proxy.wire import Client, Origin, OriginConnection, get, ok

IDLE = 0.02
"""Seconds after which the backend closes, give or take some: as long as the users pause."""

USERS = 12
PER_ROUND = 40


class Impatient:
    """A backend that counts each request by its id, before it answers. ``closed`` counts connections that it gave up."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.asked: Counter[bytes] = Counter()
        self.closed = 0

    async def serve(self, connection: OriginConnection) -> None:
        idle = 30.0  # a new connection is no idle one
        while True:
            try:
                head = await asyncio.wait_for(connection.reader.readuntil(b"\r\n\r\n"), idle)
            except TimeoutError:
                self.closed += 1
                if self._dice.random() < 0.5:
                    connection.reset()
                return
            id_ = re.search(rb"(?i)\r\nx-request-id: (\S+)", head)
            assert id_ is not None
            self.asked[id_[1]] += 1
            await connection.send(ok(id_[1]))
            idle = IDLE * self._dice.uniform(0.8, 1.2)


@pytest.mark.promise("U6")
async def test_idle_connections_that_die_under_our_hands_duplicate_nothing_and_fail_no_get(
    tmp_path: Path, dice: random.Random
) -> None:
    backend = Impatient(dice)
    failed: Counter[bytes] = Counter()
    wrong: list[str] = []
    last = b""

    async def user(port: int, number: int) -> None:
        nonlocal last
        client = await Client.connect(port)
        for turn in range(ROUNDS * PER_ROUND):
            method = (b"GET", b"POST", b"PUT", b"DELETE")[turn % 4]
            id_ = b"%d-%d-%b" % (number, turn, method)
            body = (b"Content-Length: 0",) if method in {b"POST", b"PUT"} else ()
            await client.send(get(b"/", b"X-Request-Id: " + id_, *body, method=method))
            status, head, answer = await client.read_answer()
            if status != 200:
                failed[method] += 1
                last = answer
            elif answer != id_:
                wrong.append(f"{id_!r}: {answer!r}")
            if b"\r\nConnection: close\r\n" in head:
                await client.close()
                client = await Client.connect(port)
            await asyncio.sleep(IDLE * dice.uniform(0.9, 1.1))
        await client.close()

    async with (
        Origin(backend.serve) as legacy,
        instance(
            tmp_path, f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }} }}\n"
        ) as running,
    ):
        await asyncio.gather(*[user(running.port, number) for number in range(USERS)])
    assert wrong == []
    assert backend.closed > ROUNDS * 10  # the race was there
    twice = {id_ for id_, count in backend.asked.items() if count > 1 and not id_.endswith(b"GET")}
    assert twice == set()
    assert failed[b"GET"] == 0, last
    print(f"{sum(backend.asked.values())} requests, {backend.closed} idle closes, failed: {dict(failed)}")  # noqa: T201
