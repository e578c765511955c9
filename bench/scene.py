"""What every peer gets: the same two backends, the same routes, and a certificate if it is to speak TLS."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Route(NamedTuple):
    """All paths below ``prefix``."""

    name: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Scene:
    """``directory`` is the peer's own. The two backends are the same origin behind two ports. ``tls``: the folder of ``cert.pem`` and ``key.pem``."""

    directory: Path
    port: int
    legacy_port: int
    candidate_port: int
    routes: int
    tls: Path | None = None

    def all_routes(self) -> list[Route]:
        return [route(number) for number in range(self.routes)]


def route(number: int) -> Route:
    return Route(f"r{number:05}", f"/api/r{number:05}/items")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
