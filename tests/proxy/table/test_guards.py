"""What the table says of listening, limits and resilience is read as it stands, and what makes no sense is a mistake."""

from __future__ import annotations

import pytest

from proxy.model.listen import BackendTls, Certificate, ClientTls, Listen
from proxy.model.resilience import (
    Breaker,
    Bulkhead,
    Ejection,
    Limits,
    Mode,
    Overload,
    RateKey,
    RateLimit,
    Retries,
    RetryWhen,
)
from proxy.model.table import Endpoint, Health
from tests.proxy.table.texts import load, mistake

GUARDED = """
version: 1
listen:
  tls:
    certificates: [{ certificate: a.pem, key: a.key }, { certificate: b.pem, key: b.key }]
    client_ca: clients.pem
    client_required: false
    min_version: "1.3"
  http2: true
  proxy_protocol: [10.0.0.0/8]
limits: { connections: 100, per_address: 10, head: 8KiB, fields: 50, target: 4KiB, body: 1GiB, head_time: 5s, keep_alive: 1m, min_rate: 0 }
overload: { loop_lag: 100ms, memory: 512MiB, mode: observe }
backends:
  legacy: { url: unix:/run/app.sock }
  orders:
    urls: [{ url: https://a, weight: 3 }, https://b]
    tls: { ca: own.pem, server_name: Orders.Internal, certificate: us.pem, key: us.key }
    resolve: 1m
    slow_start: 30s
    version_header: X-Version
    health: { path: /healthz, fall: 1, rise: 5 }
    breaker: { errors: 20%, volume: 5, window: 1s, open: 2s, probes: 1, recovery: 0s, mode: observe }
    bulkhead: { in_flight: 10, queue: 5, queue_wait: 100ms }
defaults:
  timeouts: { tunnel: 5m }
  retries: { attempts: 2, when: [connect, 503, "504"], budget: 10% }
  rate_limit: { requests: 100, per: 1m }
routes:
  - { name: one, match: { path: /one }, backend: orders }
  - name: other
    match: { path: /other }
    backend: orders
    retries: { mode: observe }
    rate_limit: { requests: 5, per: 1s, burst: 2, by: identity }
    limits: { body: 10MiB }
"""


def test_guards_are_read_as_they_stand() -> None:
    table = load(GUARDED)
    assert table.listen == Listen(
        ClientTls((Certificate("a.pem", "a.key"), Certificate("b.pem", "b.key")), "clients.pem", False, "1.3"),
        http2=True,
        proxy_protocol=("10.0.0.0/8",),
    )
    assert table.limits == Limits(100, 10, 8192, 50, 4096, 1024**3, 5.0, 60.0, 0)
    assert table.overload == Overload(0.1, 512 * 1024**2, Mode.OBSERVE)
    orders = table.backends["orders"]
    assert orders.endpoints == (Endpoint("https", "a", 443, weight=3), Endpoint("https", "b", 443))
    assert orders.tls == BackendTls(True, "own.pem", "orders.internal", Certificate("us.pem", "us.key"))
    assert (orders.resolve, orders.slow_start) == (60.0, 30.0)
    assert orders.version_header == "X-Version"
    assert orders.health == Health("/healthz", 10.0, 3.0, 1, 5)
    assert orders.breaker == Breaker(0.2, 5, 1.0, 2.0, 1, 0.0, Mode.OBSERVE)
    assert orders.bulkhead == Bulkhead(10, 5, 0.1)
    assert orders.ejection == Ejection()
    assert orders.timeouts.tunnel == 300.0
    one, other = table.routes
    assert one.retries == Retries(2, frozenset({RetryWhen.CONNECT, RetryWhen.STATUS_503, RetryWhen.STATUS_504}), 0.1)
    assert one.rate_limit == RateLimit(100, 60.0, 100)
    assert one.max_body == 1024**3
    assert other.retries == Retries(mode=Mode.OBSERVE)
    assert other.rate_limit == RateLimit(5, 1.0, 2, RateKey.IDENTITY)
    assert other.max_body == 10 * 1024**2


def test_a_table_without_guards_has_the_defaults() -> None:
    table = load(
        "version: 1\nbackends: { legacy: { url: http://a } }\nroutes: [{ name: a, match: { path: /a }, backend: legacy }]\n"
    )
    assert (table.listen, table.limits, table.overload) == (Listen(), Limits(), Overload())
    (route,) = table.routes
    assert (route.retries, route.rate_limit, route.max_body) == (None, None, None)
    assert (table.legacy.breaker, table.legacy.bulkhead, table.legacy.ejection) == (None, None, None)


@pytest.mark.parametrize(
    ("written", "endpoint"),
    [
        ("unix:/run/app.sock", "/run/app.sock"),
        ("unix:///run/app.sock", "/run/app.sock"),
    ],
)
def test_a_unix_socket_is_an_address(written: str, endpoint: str) -> None:
    table = load(f"version: 1\nbackends: {{ legacy: {{ url: '{written}' }} }}\n")
    (only,) = table.legacy.endpoints
    assert (only.socket, only.url, only.authority) == (endpoint, "unix:/run/app.sock", "localhost")


@pytest.mark.parametrize(
    ("line", "says", "help_"),
    [
        ("orders: { url: http://a, tls: { ca: x.pem } }", "not asked over TLS", "https://"),
        ("orders: { url: https://a, tls: { certificate: x.pem } }", "belong together", "both"),
        ("orders: { url: https://a, tls: { verify: false, ca: x.pem } }", "nobody looks at ca", "remove"),
        ("orders: { url: https://a, tls: { server_name: 'a b' } }", "not a host name", "certificate"),
        ("orders: { url: unix:app.sock }", "names no Unix socket", "absolute path"),
        ("orders: { url: http://a, breaker: { errors: 0% } }", "would open it at once", "write"),
        ("orders: { url: http://a, breaker: { mode: enforced } }", "not known", "enforce"),
        ("orders: { url: http://a, bulkhead: { in_flight: 0 } }", "out of range", "from 1"),
        ("orders: { url: http://a, bulkhead: { queue: 1 } }", 'the key "in_flight" is missing', ""),
    ],
)
def test_a_guard_that_makes_no_sense_is_a_mistake(line: str, says: str, help_: str) -> None:
    found = mistake(f"version: 1\nbackends:\n  legacy: {{ url: http://a }}\n  {line}\n")
    assert says in found.message
    assert help_ in (found.suggestion or "")
