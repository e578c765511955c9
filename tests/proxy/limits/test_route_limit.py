"""What a route's limit tells, and where it looks for a client."""

from __future__ import annotations

import pytest

from proxy.limits.route_limit import RouteLimit, limits_of
from proxy.table.load import load_table


def limit_of(text: str, secret: bytes = b"secret") -> RouteLimit:
    table = load_table(
        "version: 1\nbackends: { legacy: { url: http://127.0.0.1:1 } }\n"
        f"routes: [{{ name: orders, match: {{ path: /a }}, backend: legacy, rate_limit: {{ {text} }} }}]\n"
    )
    return limits_of(table, secret)["orders"]


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("requests: 100, per: 1m", b"q=100;w=60"),
        ("requests: 5, per: 500ms", b"q=10;w=1"),
        ("requests: 1, per: 1500ms", b"q=1;w=2"),
    ],
)
def test_the_policy_is_told_in_whole_seconds(text: str, policy: bytes) -> None:
    lines = limit_of(text).lines(1)
    assert lines == b'RateLimit-Policy: "orders";%b\r\nRateLimit: "orders";r=0;t=1\r\nRetry-After: 1\r\n' % policy


def test_the_wait_is_rounded_up() -> None:
    assert limit_of("requests: 1, per: 1m").lines(2_000_000_001).endswith(b";t=3\r\nRetry-After: 3\r\n")


def test_each_installation_has_another_place_for_the_same_client() -> None:
    numbers = {limit_of("requests: 1, per: 1m", secret).number_of(b"address 192.0.2.1") for secret in (b"a", b"b")}
    assert len(numbers) == 2
    assert all(0 <= number < 2**63 for number in numbers)


def test_each_route_has_another_place_for_the_same_client_and_routes_without_a_limit_have_none() -> None:
    table = load_table(
        "version: 1\nbackends: { legacy: { url: http://127.0.0.1:1 } }\nroutes:\n"
        "  - { name: a, match: { path: /a }, backend: legacy, rate_limit: { requests: 1, per: 1m } }\n"
        "  - { name: b, match: { path: /b }, backend: legacy, rate_limit: { requests: 1, per: 1m } }\n"
        "  - { name: c, match: { path: /c }, backend: legacy }\n"
    )
    limits = limits_of(table, b"secret")
    assert limits.keys() == {"a", "b"}
    assert limits["a"].region != limits["b"].region
    assert limits["a"].number_of(b"x") != limits["b"].number_of(b"x")
