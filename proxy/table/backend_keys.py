"""The keys of a backend: where it listens, and what is done when it fails."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from proxy.table.entry import Entry
from proxy.table.values import (
    Address,
    CheckPath,
    Count,
    CountOrNone,
    Duration,
    ErrorShare,
    File,
    Flag,
    HostName,
    ModeWord,
    Token,
    Wait,
)


def _as_endpoint(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class TimeoutKeys(Entry):
    connect: Duration | None = None
    """Longest wait for a connection. Default 5s."""
    first_byte: Duration | None = None
    """Longest wait for the first byte of an answer. Default 60s."""
    idle: Duration | None = None
    """Longest silence between two bytes of a message. Default 100s."""
    total: Duration | None = None
    """Longest time for the whole request. Default: no limit."""
    tunnel: Duration | None = None
    """Longest silence on an upgraded connection (WebSocket). Default 1h."""


class HealthKeys(Entry):
    path: CheckPath
    """Asked with GET; an answer of 2xx or 3xx is healthy."""
    interval: Duration = 10.0
    """Time between two checks. Default 10s."""
    timeout: Duration = 3.0
    """Longest wait for the answer. Default 3s."""
    fall: Count = 3
    """Bad answers in a row that take an endpoint out. Default 3."""
    rise: Count = 2
    """Good answers in a row that bring it back. Default 2."""


class EndpointKeys(Entry):
    url: Address
    """Where it listens."""
    weight: Count = 1
    """Its share of the backend's requests, relative to the other endpoints. Default 1."""


class BackendTlsKeys(Entry):
    verify: Flag = True
    """Whether the backend's certificate must be good. Default true."""
    ca: File | None = None
    """A PEM file with the authorities that are believed, instead of the system's."""
    server_name: HostName | None = None
    """The name in the backend's certificate, where it is not the host of the url."""
    certificate: File | None = None
    """A PEM file with our own certificate, for backends that ask for one."""
    key: File | None = None
    """A PEM file with its private key."""


class BreakerKeys(Entry):
    errors: ErrorShare = 0.5
    """The share of failed requests that opens the breaker. Default 50%."""
    volume: Count = 20
    """Fewest requests in the window that can open it. Default 20."""
    window: Duration = 10.0
    """The time over which is counted. Default 10s."""
    open: Duration = 10.0
    """How long nobody is let through. Default 10s."""
    probes: Count = 3
    """Requests let through at a time when that time is over; as many good ones close it. Default 3."""
    recovery: Wait = 10.0
    """The time in which the share let through then grows to all. Default 10s."""
    mode: ModeWord = "enforce"
    """enforce, or observe: only count and log what would be done. Default enforce."""


class BulkheadKeys(Entry):
    in_flight: Count
    """Most requests at the backend at a time, for each worker."""
    queue: CountOrNone = 0
    """Most requests that wait for their turn. Default 0."""
    queue_wait: Duration = 1.0
    """Longest wait. Default 1s."""
    mode: ModeWord = "enforce"
    """enforce, or observe. Default enforce."""


class EjectionKeys(Entry):
    failures: Count = 5
    """Failures in a row after which an endpoint is left alone. Default 5."""
    base: Duration = 30.0
    """How long, the first time; twice as long the next. Default 30s."""
    longest: Duration = 300.0
    """The longest it may become. Default 300s."""
    mode: ModeWord = "enforce"
    """enforce, or observe. Default enforce."""


class BackendKeys(Entry):
    url: Address | None = None
    """Where the backend listens: scheme, host and port, without a path; or unix:/path of a socket."""
    urls: (
        Annotated[
            list[Annotated[EndpointKeys, BeforeValidator(_as_endpoint, json_schema_input_type=Address | EndpointKeys)]],
            Field(min_length=1, max_length=256),
        ]
        | None
    ) = None
    """Several endpoints of one backend, instead of url: URLs, or maps of url and weight."""
    health: HealthKeys | None = None
    """An active health check. Default: none."""
    timeouts: TimeoutKeys | None = None
    """Limits for this backend. What is not given comes from defaults."""
    tls: BackendTlsKeys | None = None
    """How an https backend is verified. Default: by the system's authorities."""
    resolve: Duration = 10.0
    """Time after which a host name is looked up again; the last good address is kept. Default 10s."""
    slow_start: Wait = 0.0
    """Time in which an endpoint that comes back takes its whole share again. Default 0s: at once."""
    allow_link_local: Flag = False
    """Whether it may be at a link-local address, where clouds keep metadata and credentials. Default false."""
    breaker: BreakerKeys | None = None
    """Stop asking a backend that fails. Default: none."""
    bulkhead: BulkheadKeys | None = None
    """A limit on requests at the backend. Default: none."""
    ejection: EjectionKeys | None = None
    """Leave an endpoint alone that fails. Default: with several urls, as if given without keys."""
    version_header: Token | None = None
    """The answer header whose value names the build that answered: another build begins a new epoch. Default: none."""
