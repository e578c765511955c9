"""What is measured: a row for each kind of traffic, and the bars that ours must reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bench.requests import Requests

SOME: Final = ("strangler", "nginx", "envoy")
"""What costs ours most beside what costs another most tells enough of each kind of traffic; all of them meet in the first."""
PAIR: Final = ("strangler", "nginx")
YARDSTICK: Final = "nginx"
"""Its requests per CPU-second are 1.00 in every scenario."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``peers`` is empty for all. ``seconds`` is the length of one round of one peer, in whole ones: wrk knows no others."""

    name: str
    title: str
    requests: Requests = field(default_factory=Requests)
    connections: int = 64
    tls: bool = False
    peers: tuple[str, ...] = SOME
    rounds: int = 3
    seconds: int = 1


SCENARIOS: Final = (
    Scenario("json", "1 KB of JSON, 50 routes, keep-alive", peers=(), rounds=5),
    Scenario("large", "100 KB of JSON", Requests(answer="100k")),
    Scenario("post", "POST of 4 KB with its length", Requests(method="POST", body=4096), peers=PAIR),
    Scenario("chunked", "POST of 4 KB in chunks", Requests(method="POST", body=4096, chunked=True), peers=PAIR),
    Scenario("close", "a connection for each request", Requests(close=True), connections=32),
    Scenario("connections", "1,000 connections", connections=1000, seconds=2),
    Scenario("tls", "TLS 1.3, P-256, keep-alive", tls=True, seconds=2),
    Scenario("routes", "a table of 10,000 routes", Requests(routes=10_000), peers=PAIR),
)


LATENCY: Final = Scenario(
    "latency",
    "latency at a fixed rate, half of what strangler can do",
    peers=SOME,
)
ADDED_P99: Final = 2.0
"""At most so many times as late as through the yardstick may the slowest hundredth of the answers be, beyond what the origin takes itself."""

COPYING: Final = Scenario(
    "copying",
    "latency while requests are copied, the shadow worker on the same core",
    peers=("strangler", "strangler-shadow-10", "strangler-shadow-100"),
    seconds=2,
)
COPYING_RATE: Final = 1000.0
COPYING_P99_MS: Final = 1.0
"""The slowest hundredth of the answers may be so much later when every request is copied than when none is."""


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
