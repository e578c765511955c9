"""The access log: one line per request on stdout, JSON or for people.

A line is rendered where the request ends, since a thread that renders would fight with the event loop for the interpreter;
only writing happens in a thread. A sink that is slow or blocked costs lines, which are counted, never a request.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import sys
import time
from collections.abc import Callable
from json.encoder import encode_basestring_ascii as quote
from typing import Any, Final, NamedTuple, Self
from urllib.parse import unquote_plus

from proxy.model.counters import Counters
from proxy.model.line_writer import PIPE_BYTES, LineWriter, piece_for, write_to
from proxy.model.log import rfc3339, wants_text
from proxy.model.printable import printable
from proxy.model.secret_names import looks_like_card, looks_secret, names_secret
from proxy.model.settings import Settings

WAITING_LINES = 8192
"""With the longest targets these are about 10 MiB."""

MAX_TARGET: Final = 1024
"""Bytes of a request target that are logged; with the rest a line stays below what a pipe takes in one piece."""

MAX_REMEMBERED: Final = 4096
LONGEST_NAME: Final = 64

SHORTEST_SECRET = len("bearer")
"""No shape that is looked for is shorter."""

HIDDEN: Final = "[redacted]"

THREE_DIGITS: Final = tuple(f"{number:03d}" for number in range(1000))

_USERINFO = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#]*@")
_FIELDS = re.compile("[=:]")
_PASSWORD = re.compile(r"://[^/?#\s@]{0,200}@")
_MATRIX = re.compile(r";([^;/]*)")
_JWT = re.compile(r"eyJ[\w.-]{8,}")
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.|\bbearer\b", re.IGNORECASE)


class Line(NamedTuple):
    """One request as the live path knows it. ``at`` is Unix time at its end, the others are seconds.

    ``first_byte`` is the time until the backend's answer began, None if it never did. ``skip`` says why there was no copy.
    """

    at: float
    route: str
    backend: str
    reason: str
    skip: str | None
    method: bytes
    target: bytes
    status: int
    bytes_in: int
    bytes_out: int
    duration: float
    first_byte: float | None
    request_id: str
    client: str


class AccessLog:
    """A context manager: what is waiting at the end is written, as far as the sink takes it within a second."""

    def __init__(
        self,
        settings: Settings,
        counters: Counters,
        write: Callable[[bytes], object] | None = None,
        dice: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._values = counters.values
        self._dropped = counters.slot("strangler_access_log_dropped")
        self._writer = LineWriter(
            write or write_to(1),
            limit=WAITING_LINES,
            piece=PIPE_BYTES if write else piece_for(1),
            on_drop=self._count_dropped,
        )
        text = wants_text(settings.log_format, is_terminal=write is None and sys.stdout.isatty())
        log = text_log(self._writer.add, clock) if text else json_log(self._writer.add, clock)
        self.log: Callable[..., None] = sampled(log, settings.access_log_sample, dice)
        """Called with the fields of ``Line`` but ``at``, once per request."""

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def _count_dropped(self, total: int) -> None:
        # With a sink that never came back the counters may be closed by now: the process is ending.
        with contextlib.suppress(ValueError):
            self._values[self._dropped] = total


def loggable_target(target: bytes) -> str:
    """The target without secrets: no userinfo, no values of parameters that look secret by their name or themselves."""
    text = target[:MAX_TARGET].decode("utf-8", "backslashreplace")
    if not text.startswith("/"):
        text = _USERINFO.sub(r"\1", text)
    path, mark, query = text.partition("?")
    if ";" in path:  # parameters of a segment, as ;jsessionid=...
        path = _MATRIX.sub(lambda found: f";{_LOGGABLE[found[1]]}", path)
        text = path + mark + query
    if "eyJ" in path:
        path = _JWT.sub(HIDDEN, path)
        text = path + mark + query
    if mark:
        text = f"{path}?{'&'.join([_LOGGABLE[parameter] for parameter in query.split('&')])}"
    return text if len(target) <= MAX_TARGET else f"{text}..."


def _loggable_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if not equals:
        return HIDDEN if _is_secret(name) else parameter
    if _SECRET_NAMES[name] or _is_secret(value):
        return f"{name}={HIDDEN}"
    return parameter


def _is_secret(value: str) -> bool:
    """A token, the number of a payment card, or something with fields of its own (JSON, a URL) with a secret in it."""
    if len(value) < SHORTEST_SECRET:
        return False
    plain = unquote_plus(value)
    if _TOKEN.search(plain) is not None or looks_like_card(plain):
        return True
    return (plain != value or _FIELDS.search(plain) is not None) and (
        names_secret(plain) or _PASSWORD.search(plain) is not None
    )


class _SecretNames(dict[str, bool]):
    """Whether a parameter's name looks secret, remembered: an application has few names. Bounded."""

    def __missing__(self, name: str) -> bool:
        plain = unquote_plus(name)
        secret = looks_secret(plain) or looks_secret(plain.rpartition("[")[2])
        if len(self) < MAX_REMEMBERED and len(name) <= LONGEST_NAME:
            self[name] = secret
        return secret


_SECRET_NAMES: Final = _SecretNames()


class _Loggable(dict[str, str]):
    """Parameters that hide nothing, remembered: many come again and again. Bounded, and no secret is kept."""

    def __missing__(self, parameter: str) -> str:
        shown = _loggable_parameter(parameter)
        if shown is parameter and len(self) < MAX_REMEMBERED and len(parameter) <= LONGEST_NAME:
            self[parameter] = shown
        return shown


_LOGGABLE: Final = _Loggable()


class _Quoted(dict[str | bytes | None, str]):
    """JSON text of values that come again and again: names of routes and backends, methods, addresses. Bounded."""

    def __missing__(self, value: str | bytes | None) -> str:
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        quoted = "null" if text is None else quote(text)
        if len(self) < MAX_REMEMBERED:
            self[value] = quoted
        return quoted


def sampled(log: Callable[..., None], share: float, dice: Callable[[], float]) -> Callable[..., None]:
    """Log what is drawn. Failures (status 500 and above, or none at all) always are.

    The draw is not by request id: a client chooses its id, and could keep itself out of the log.
    """
    if share >= 1.0:
        return log
    status = Line._fields.index("status") - 1

    def log_if_drawn(*fields: Any) -> None:
        if not 0 < fields[status] < 500 or dice() < share:
            log(*fields)

    return log_if_drawn


def json_log(add: Callable[[bytes], object], clock: Callable[[], float]) -> Callable[..., None]:
    """Lines that are JSON objects, ASCII only. Written out by hand: it runs for every request, and is a third of the price of a dict."""
    quoted = _Quoted()
    pid = os.getpid()
    second, stamp = 0, ""

    def log(  # noqa: PLR0913, PLR0917 - the fields of Line, without the price of making one
        route: str,
        backend: str,
        reason: str,
        skip: str | None,
        method: bytes,
        target: bytes,
        status: int,
        bytes_in: int,
        bytes_out: int,
        duration: float,
        first_byte: float | None,
        request_id: str,
        client: str,
    ) -> None:
        nonlocal second, stamp
        now = int(clock() * 1000)
        if now // 1000 != second:
            second = now // 1000
            stamp = rfc3339(second).partition(".")[0]
        # Nothing in it has a format of its own: a single one makes each piece three times as dear where this is compiled.
        add(
            (
                f'{{"time":"{stamp}.{THREE_DIGITS[now % 1000]}Z","level":"info","role":"proxy","pid":{pid},"event":"request",'
                f'"method":{quoted[method]},"target":{quote(loggable_target(target))},"status":{status},'
                f'"route":{quoted[route]},"backend":{quoted[backend]},"reason":{quoted[reason]},"skip":{quoted[skip]},'
                f'"bytes_in":{bytes_in},"bytes_out":{bytes_out},'
                f'"duration_ms":{_milliseconds(duration)},"first_byte_ms":{"null" if first_byte is None else _milliseconds(first_byte)},'
                f'"request_id":{quote(request_id)},"client":{quoted[client]}}}\n'
            ).encode()
        )

    return log


def _milliseconds(seconds: float) -> str:
    """With three decimals."""
    micros = int(seconds * 1_000_000 + 0.5)
    return f"{micros // 1000}.{THREE_DIGITS[micros % 1000]}"


def text_log(add: Callable[[bytes], object], clock: Callable[[], float]) -> Callable[..., None]:
    """Lines for people: ``12:00:00.123 GET /orders/7 200  12.3 ms  512 B  order-read -> orders (reason)  id  client``, safe for a terminal."""

    def log(*fields: Any) -> None:
        line = Line(clock(), *fields)
        time_of_day = f"{time.strftime('%H:%M:%S', time.localtime(line.at))}.{int(line.at * 1000) % 1000:03d}"
        request = f"{line.method.decode('latin-1')} {loggable_target(line.target)}"
        text = (
            f"{time_of_day} {request}  {line.status or 'no answer'}  {line.duration * 1000:.1f} ms  {line.bytes_out} B"
            f"  {line.route} -> {line.backend} ({line.reason})  {line.request_id}  {line.client}"
        )
        add(printable(text).encode() + b"\n")

    return log
