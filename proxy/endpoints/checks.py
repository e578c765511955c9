"""Active checks: asks each endpoint again and again how it is, the way a request would go there, on a connection of its own.

Each worker checks for itself, at its own moments: what one worker cannot reach, it must not send requests to.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable
from typing import TYPE_CHECKING

from proxy.endpoints.health import is_good
from proxy.replies import Failure

if TYPE_CHECKING:
    from proxy.answer_fields import AnswerFields
    from proxy.endpoints.live_endpoint import LiveEndpoint
    from proxy.forward import BackendConnection
    from proxy.model.message import Headers
    from proxy.model.table import Health
    from proxy.pool import Pool

log = logging.getLogger("proxy.endpoints")

MOST_AT_ONCE = 32
"""Checks under way in one worker."""

FIRST_WITHIN_SECONDS = 1.0
"""The first check of an endpoint comes this soon after a start or a new table, not all of them at once."""

JITTER = 0.1
"""Share of the interval by which each pause is shorter or longer."""


class Checks:
    """One task for each endpoint that is checked. A task goes on while neither its endpoint nor what is asked changes."""

    __slots__ = ("_dice", "_limit", "_tasks")

    def __init__(self) -> None:
        self._dice = random.random
        self._limit = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: dict[tuple[LiveEndpoint, Health], asyncio.Task[None]] = {}

    def use(self, endpoints: Iterable[LiveEndpoint]) -> None:
        """Check these from now on, and no others."""
        wanted = {(endpoint, endpoint.health.policy) for endpoint in endpoints if endpoint.health is not None}
        for key in self._tasks.keys() - wanted:
            self._tasks.pop(key).cancel()
        for endpoint, health in wanted - self._tasks.keys():
            task = asyncio.get_running_loop().create_task(
                self._follow(endpoint, health), name=f"check {endpoint.endpoint.url}"
            )
            self._tasks[endpoint, health] = task

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _follow(self, endpoint: LiveEndpoint, health: Health) -> None:
        await asyncio.sleep(self._dice() * min(health.interval, FIRST_WITHIN_SECONDS))
        while True:
            try:
                async with self._limit:
                    good, detail = await ask(endpoint.pool, health, endpoint.endpoint.authority)
                endpoint.backend.checked(endpoint, good=good, detail=detail)
            except Exception:
                # Without checks an ill endpoint would stay ill for ever.
                log.exception("a check made us fail", extra={"endpoint": endpoint.endpoint.url})
            await asyncio.sleep(health.interval * (1.0 - JITTER + 2.0 * JITTER * self._dice()))


async def ask(pool: Pool, health: Health, authority: str) -> tuple[bool, str]:
    """One check: whether the endpoint is well, and what it said."""
    answer = _Answer(health.path, authority)
    connecting = pool.connect(health.timeout, answer.connected, answer.answer_failed)
    try:
        async with asyncio.timeout(health.timeout):
            return await answer.came
    except TimeoutError:
        return False, f"no answer within {health.timeout:g} s"
    finally:
        connecting.cancel()
        answer.let_go()


class _Answer:
    """Receives the answer to one check. Its status is all that counts: what follows is not read."""

    is_head = False
    http_1_0 = False
    expects = False
    upgrade: bytes | None = None

    def __init__(self, path: str, authority: str) -> None:
        self.came: asyncio.Future[tuple[bool, str]] = asyncio.get_running_loop().create_future()
        self._connection: BackendConnection | None = None
        self._head = (
            f"GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: strangler-check\r\nConnection: close\r\n\r\n"
        ).encode()

    def connected(self, connection: BackendConnection) -> None:
        self._connection = connection
        connection.begin(self, self._head)  # never marked as done, so that no request gets this connection afterwards

    def let_go(self) -> None:
        if self._connection is not None:
            self._connection.discard()

    def _tell(self, good: bool, detail: str) -> None:
        if not self.came.done():
            self.came.set_result((good, detail))

    def answer_head(self, status: int, _line: bytes, _headers: Headers, _fields: AnswerFields) -> None:
        self._tell(is_good(status), f"status {status}")

    def answer_failed(self, failure: Failure, detail: str) -> None:
        self._tell(False, f"{failure}: {detail}")

    def interim_answer(self, status: int, line: bytes, fields: AnswerFields) -> None: ...
    def answer_body(self, data: bytes) -> None: ...
    def answer_complete(self, trailers: Headers) -> None: ...
    def answer_upgraded(self, early: bytes) -> None: ...
    def backend_writable(self, writable: bool) -> None: ...
