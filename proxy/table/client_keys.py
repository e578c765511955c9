"""The keys that are about clients: how they come in, what one may cost, what is shed when there are too many."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from proxy.table.entry import Entry
from proxy.table.values import (
    AnySize,
    Count,
    CountOrNone,
    Duration,
    File,
    Flag,
    ModeWord,
    Network,
    RateKeyWord,
    TlsVersion,
)


class CertificateKeys(Entry):
    certificate: File
    """A PEM file with the certificate, followed by its chain."""
    key: File
    """A PEM file with the private key, not encrypted."""


class ListenTlsKeys(Entry):
    certificates: Annotated[list[CertificateKeys], Field(min_length=1, max_length=256)]
    """Certificates with their keys; a client gets the one that holds the name it asks for, else the first."""
    client_ca: File | None = None
    """A PEM file with the authorities of client certificates. Default: none is asked for."""
    client_required: Flag = True
    """Whether a client must have one, where they are asked for. Default true."""
    min_version: TlsVersion = "1.2"
    """The oldest TLS version spoken. Default 1.2."""


class ListenKeys(Entry):
    tls: ListenTlsKeys | None = None
    """Speak TLS on the data port. Default: plain HTTP."""
    http2: Flag = False
    """Speak HTTP/2 too. Default false."""
    proxy_protocol: list[Network] = []
    """Addresses of load balancers whose connections begin with a PROXY header."""


class LimitKeys(Entry):
    connections: Count = 20_000
    """Most client connections of a worker. Default 20000."""
    per_address: Count | None = None
    """Most client connections of one address to a worker. Default: any number."""
    head: AnySize = 64 * 1024
    """Bytes of a request's header names and values. Default 64KiB."""
    fields: Count = 256
    """Header fields of a request. Default 256."""
    target: AnySize = 16 * 1024
    """Bytes of a request target. Default 16KiB."""
    body: AnySize | None = None
    """Bytes of a request's body, where a route says nothing else. Default: any number."""
    head_time: Duration = 30.0
    """Longest time for a request's head. Default 30s."""
    keep_alive: Duration = 75.0
    """Longest time between two requests. Default 75s."""
    min_rate: CountOrNone = 100
    """Bytes a second that a request's body must reach on average; 0 for none. Default 100."""


class RateLimitKeys(Entry):
    requests: Count
    """How many requests one client may send."""
    per: Duration
    """In which time."""
    burst: Count | None = None
    """How many of them at once. Default: all."""
    by: RateKeyWord = "address"
    """Who shares an allowance: identity or address. Default address."""
    mode: ModeWord = "enforce"
    """enforce, or observe. Default enforce."""


class OverloadKeys(Entry):
    loop_lag: Duration = 0.5
    """How late a worker's event loop may be. Default 500ms."""
    memory: AnySize = 1024 * 1024 * 1024
    """How much memory a worker may have. Default 1GiB."""
    mode: ModeWord = "enforce"
    """enforce, or observe. Default enforce."""
