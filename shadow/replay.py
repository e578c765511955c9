"""Sends a copy to the other side, once, and brings back its answer. What goes wrong is a value, never an exception."""

from __future__ import annotations

import asyncio
import enum
import io
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import aiohttp

from proxy.model.decision import Skip
from proxy.model.listen import BackendTls
from proxy.model.tls_context import BadTlsFile
from shadow.breaker import Breaker
from shadow.copy import Copy
from shadow.model import Answer
from shadow.on_the_wire import TimedResponse
from shadow.resolver import Resolver
from shadow.trouble import trouble
from shadow.ways import KEPT_IDLE, MAX_BACKENDS, Way, Ways

MAX_HEAD_LINE: Final = 64 * 1024
MAX_HEAD_FIELDS: Final = 512
BY_DEFAULT: Final = BackendTls()

_NO_TIMEOUTS: Final = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
_ADDED_BY_AIOHTTP: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


_CLOSED: Final = (aiohttp.ClientConnectionError, OSError)
_LATE_SECONDS: Final = 0.5


class Failure(enum.StrEnum):
    """How a backend failed to answer."""

    ERROR = "error"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Failed:
    """The backend did not answer, and that is its fault. ``detail`` is for people."""

    failure: Failure
    detail: str


@dataclass(frozen=True, slots=True)
class NotCompared:
    """There is no answer to compare, and that says nothing about the backend."""

    skip: Skip
    detail: str


Result = Answer | Failed | NotCompared


@dataclass(slots=True)
class _Sending:
    """What happened to one request on its way, as told by aiohttp's tracing."""

    reused: bool = False
    answered: bool = False
    sent_at: float = 0.0


class Replayer:
    """The shadow's own client: own pool, own breakers. ``clock`` is monotonic, in seconds."""

    def __init__(self, ways: Ways, clock: Callable[[], float] = time.perf_counter) -> None:
        self._ways = ways
        self._clock = clock
        self._breakers: dict[tuple[str, ...], Breaker] = {}
        self._turn = itertools.count()

    @classmethod
    @asynccontextmanager
    async def open(cls, clock: Callable[[], float] = time.perf_counter) -> AsyncIterator[Replayer]:
        ways = Ways(partial(_session, clock))
        try:
            yield cls(ways, clock)
        finally:
            await ways.close()

    async def send(
        self,
        copy: Copy,
        urls: tuple[str, ...],
        *,
        timeout: float,  # noqa: ASYNC109 - it is the plan's
        max_answer: int,
        tls: BackendTls = BY_DEFAULT,
    ) -> Result:
        """Ask one of ``urls``, in turn. ``timeout`` is seconds for everything, ``max_answer`` bytes of the answer's body."""
        breaker = self._breaker(urls)
        if not breaker.allows(self._clock()):
            return NotCompared(Skip.BREAKER_OPEN, "the backend failed repeatedly; it is left alone for a while")
        sending, began = _Sending(), self._clock()
        try:
            async with asyncio.timeout(timeout):
                way = await self._ways.to(urls[next(self._turn) % len(urls)], copy.target, tls)
                result = await self._ask(copy, way, sending, max_answer)
        except TimeoutError:
            result = _timed_out(timeout, self._clock() - began)
        except (aiohttp.ClientError, OSError, BadTlsFile) as error:
            result = _failed(sending, error)
        except BaseException:
            breaker.gave_up()
            raise
        self._learn(breaker, result)
        return result

    async def _ask(self, copy: Copy, way: Way, sending: _Sending, max_answer: int) -> Result:
        async with way.session.request(
            copy.method,
            way.url,
            ssl=way.ssl,
            server_hostname=way.server_hostname,
            headers=copy.headers,
            data=_payload(copy.body),
            allow_redirects=False,
            trace_request_ctx=sending,
        ) as response:
            sending.answered = True
            first_byte = self._clock() - sending.sent_at
            body = await _read(response, max_answer)
            if body is None:
                response.close()
                return NotCompared(Skip.ANSWER_TOO_LARGE, f"the answer has more than {max_answer} bytes")
            headers = list(response.raw_headers)
            on_the_wire = response.on_the_wire if isinstance(response, TimedResponse) else None
            return Answer(response.status, headers, body, first_byte, self._clock() - sending.sent_at, on_the_wire)

    def _breaker(self, urls: tuple[str, ...]) -> Breaker:
        breaker = self._breakers.get(urls)
        if breaker is None:
            if len(self._breakers) >= MAX_BACKENDS:  # addresses come and go with table changes
                self._breakers.clear()
            breaker = self._breakers[urls] = Breaker()
        return breaker

    def _learn(self, breaker: Breaker, result: Result) -> None:
        match result:
            case Failed():
                breaker.failed(self._clock())
            case NotCompared(skip=Skip.CONNECTION_DEAD | Skip.SHADOW_BUSY):
                breaker.gave_up()
            case _:
                breaker.succeeded()


def _timed_out(timeout: float, after: float) -> Result:
    """A deadline that we see late may have been kept: the answer waits to be read behind what kept us."""
    if after > timeout + _LATE_SECONDS:
        return NotCompared(
            Skip.SHADOW_BUSY, f"no whole answer within {timeout:g} s, but it was looked for only after {after:.1f} s"
        )
    return Failed(Failure.TIMEOUT, f"no whole answer within {timeout:g} s")


def _failed(sending: _Sending, error: Exception) -> Result:
    # RFC 9112 section 9.3.1: a server may close a kept connection at any time, which tells nothing about this request. An answer that
    # cannot be read does, whatever connection it came on.
    if sending.reused and not sending.answered and isinstance(error, _CLOSED):
        return NotCompared(Skip.CONNECTION_DEAD, "a kept connection turned out dead before the first byte of an answer")
    return Failed(Failure.ERROR, trouble(error))


async def _read(response: aiohttp.ClientResponse, cap: int) -> bytes | None:
    """The whole body, None if it is larger than ``cap``: then the rest is not read."""
    declared = response.content_length or 0
    if declared > cap and response.method != "HEAD":
        return None
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > cap:
            return None
        parts.append(part)
    return b"".join(parts)


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    if not body:
        return None
    return body if len(body) <= 2**20 else io.BytesIO(body)  # aiohttp writes a file in pieces


def _session(clock: Callable[[], float], connector: aiohttp.BaseConnector | None) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=connector
        or aiohttp.TCPConnector(
            limit=0, keepalive_timeout=KEPT_IDLE, resolver=Resolver()
        ),  # the worker bounds how many run
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=_NO_TIMEOUTS,  # one deadline for the whole replay stands in send()
        skip_auto_headers=_ADDED_BY_AIOHTTP,
        max_line_size=MAX_HEAD_LINE,
        max_field_size=MAX_HEAD_LINE,
        max_headers=MAX_HEAD_FIELDS,
        response_class=TimedResponse,
        trace_configs=[_tracing(clock)],
    )
    # aiohttp sends an idempotent request again when a kept connection turns out dead; a copy is sent at most once.
    # There is no public switch; aiohttp's own test client sets the same flag.
    session._retry_connection = False
    return session


def _tracing(clock: Callable[[], float]) -> aiohttp.TraceConfig:
    async def reused(_session: Any, context: SimpleNamespace, _params: Any) -> None:
        context.trace_request_ctx.reused = True

    async def sent(_session: Any, context: SimpleNamespace, _params: Any) -> None:
        context.trace_request_ctx.sent_at = clock()

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(reused)
    tracing.on_request_headers_sent.append(sent)
    return tracing
