"""What is measured: a row for each kind of traffic, and the bars that ours must reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bench.requests import Requests

SOME: Final = ("strangler", "strangler-interpreted", "nginx", "haproxy", "envoy")
YARDSTICK: Final = "nginx"
"""Its requests per CPU-second are 1.00 in every scenario."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``peers`` is empty for all."""

    name: str
    title: str
    requests: Requests = field(default_factory=Requests)
    connections: int = 64
    tls: bool = False
    peers: tuple[str, ...] = SOME


SCENARIOS: Final = (
    Scenario("json", "1 KB of JSON, 50 routes, keep-alive", peers=()),
    Scenario("large", "100 KB of JSON", Requests(answer="100k")),
    Scenario("post", "POST of 4 KB with its length", Requests(method="POST", body=4096)),
    Scenario("chunked", "POST of 4 KB in chunks", Requests(method="POST", body=4096, chunked=True)),
    Scenario("close", "a connection for each request", Requests(close=True), connections=32),
    Scenario("connections", "1,000 connections", connections=1000),
    Scenario("tls", "TLS 1.3, P-256, keep-alive", tls=True),
    Scenario("routes", "a table of 10,000 routes", Requests(routes=10_000), peers=("strangler", "nginx")),
)


LATENCY: Final = Scenario(
    "latency",
    "latency at a fixed rate, half of what strangler can do",
    peers=("strangler", "strangler-shadow-10", "strangler-shadow-100", "nginx", "haproxy", "envoy"),
)
ADDED_P99: Final = 2.0
"""At most so many times as late as through the yardstick may the slowest hundredth of the answers be, beyond what the origin takes itself."""


class Bar(NamedTuple):
    """In ``scenario``, ``peer`` must do at least ``times`` the requests per CPU-second of ``other``."""

    scenario: str
    peer: str
    other: str
    times: float


BARS: Final = (
    Bar("json", "strangler", "nginx", 0.50),
    Bar("json", "strangler", "envoy", 1.5),
    Bar("json", "strangler", "caddy", 2.0),
    Bar("json", "strangler", "traefik", 2.0),
    Bar("json", "strangler-guarded", "nginx", 0.45),
    Bar("json", "strangler-shadow-10", "nginx", 0.40),
)
"""They take a Python that was built with optimisations, as Debian's and those of the official images are; one that pyenv builds by default is
a tenth slower."""
