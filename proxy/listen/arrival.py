"""How a client came in: what is known of a connection before its first request, and holds for all of them."""

from __future__ import annotations

from typing import NamedTuple


class Arrival(NamedTuple):
    """``peer`` is the client's address as the load balancer told it, or as we see it. ``certificate`` are the lines of the fields that
    tell backends of the client's certificate, None if it has none."""

    peer: str
    scheme: bytes = b"http"
    certificate: list[bytes] | None = None
