"""Users under whose hands things are broken: keep-alive connections that never repeat a request and forgive nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Self

from tests.proxy.wire import PATIENCE, Client, get


class Load:
    """``users`` connections that send ``targets`` in turn until the end, or ``turns`` of them on each connection, each user ``pause`` seconds after the
    answer before. A wrong answer, or none, is a failure with its reason."""

    def __init__(
        self,
        port: int,
        targets: Sequence[bytes],
        expected: bytes,
        users: int = 8,
        context: ssl.SSLContext | None = None,
        turns: int = 0,
        pause: float = 0.0,
    ) -> None:
        self._port = port
        self._targets = targets
        self._expected = expected
        self._users = users
        self._context = context
        self._turns = turns
        self._pause = pause
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self.answered = 0
        self.failures: list[str] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._user(number)) for number in range(self._users)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def _user(self, number: int) -> None:
        turn = number
        while not self._stopping:
            client = await Client.connect(self._port, self._context)
            until = turn + self._turns
            try:
                while not self._stopping and (not self._turns or turn < until):
                    target = self._targets[turn % len(self._targets)]
                    turn += 1
                    await client.send(get(target, b"X-User-Id: user-%d" % (turn % 97)))
                    status, head, body = await client.read_answer()
                    if status == 200 and body == self._expected:
                        self.answered += 1
                    else:
                        self.failures.append(f"{target!r}: {status} {body[:200]!r}")
                    if b"\r\nConnection: close\r\n" in head:
                        break
                    await asyncio.sleep(self._pause)
            except (ConnectionError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.failures.append(repr(error))
            finally:
                await client.close()

    async def more(self, count: int) -> None:
        """Wait until that many more requests were answered."""
        goal = self.answered + count
        deadline = asyncio.get_running_loop().time() + PATIENCE * 3
        while self.answered < goal and not self.failures:
            assert asyncio.get_running_loop().time() < deadline, f"only {self.answered} of {goal} were answered"
            await asyncio.sleep(0.01)
