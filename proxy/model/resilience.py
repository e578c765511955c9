"""What keeps one failure from becoming many: the table's policies, as values. The code that acts on them is in ``proxy/``.

Sizes are bytes, times are seconds, shares are fractions between 0 and 1. What is counted is counted by each worker for itself.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Mode(enum.StrEnum):
    """OBSERVE counts and logs what ENFORCE would do, and does nothing."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Opens when of at least ``volume`` requests in ``window`` the share ``errors`` failed; closed for ``open`` seconds to everybody, then
    ``probes`` requests at a time are let through; after as many good ones the share let in grows to all over ``recovery``."""

    errors: float = 0.5
    volume: int = 20
    window: float = 10.0
    open: float = 10.0
    probes: int = 3
    recovery: float = 10.0
    mode: Mode = Mode.ENFORCE


@dataclass(frozen=True, slots=True)
class Bulkhead:
    """At most ``in_flight`` requests at the backend, ``queue`` more wait at most ``queue_wait``; the rest is turned away."""

    in_flight: int
    queue: int = 0
    queue_wait: float = 1.0
    mode: Mode = Mode.ENFORCE


@dataclass(frozen=True, slots=True)
class Ejection:
    """An endpoint that failed ``failures`` times in a row is left alone for ``base``, twice ``base`` the next time, and so on up to ``longest``.
    The last one is never left alone."""

    failures: int = 5
    base: float = 30.0
    longest: float = 300.0
    mode: Mode = Mode.ENFORCE


class RetryWhen(enum.StrEnum):
    """What a retry is for. CONNECT: no connection was made, so nothing was sent; also right for POST."""

    CONNECT = "connect"
    NO_ANSWER = "no_answer"
    TIMEOUT = "timeout"
    STATUS_502 = "502"
    STATUS_503 = "503"
    STATUS_504 = "504"


@dataclass(frozen=True, slots=True)
class Retries:
    """``attempts`` more tries at the same backend, another endpoint if there is one; at most ``budget`` of a backend's requests are retries."""

    attempts: int = 1
    when: frozenset[RetryWhen] = frozenset({RetryWhen.CONNECT, RetryWhen.NO_ANSWER})
    budget: float = 0.2
    mode: Mode = Mode.ENFORCE


class RateKey(enum.StrEnum):
    """Who shares one allowance. A request without an identity counts by its address."""

    IDENTITY = "identity"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """``requests`` in ``per`` seconds, ``burst`` at once."""

    requests: int
    per: float
    burst: int
    by: RateKey = RateKey.ADDRESS
    mode: Mode = Mode.ENFORCE


@dataclass(frozen=True, slots=True)
class Overload:
    """Full pressure is any of: the event loop is ``loop_lag`` late, the worker has ``memory`` bytes, its connections are at their limit."""

    loop_lag: float = 0.5
    memory: int = 1024 * 1024 * 1024
    mode: Mode = Mode.ENFORCE


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may cost. ``body`` None means any size, ``per_address`` None any number of connections."""

    connections: int = 20_000
    per_address: int | None = None
    head: int = 64 * 1024
    fields: int = 256
    target: int = 16 * 1024
    body: int | None = None
    head_time: float = 30.0
    keep_alive: float = 75.0
    min_rate: int = 100
