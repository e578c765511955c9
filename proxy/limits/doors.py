"""Who may come in: how many connections a worker has, and how many of them one address. Pure."""

from __future__ import annotations

import ipaddress

from proxy.fields import Refused
from proxy.model.resilience import Limits

MAX_TURNED_AWAY = 256
"""Connections beyond the limit that still get an answer; more of them are closed without a word."""

_LATER = b"Retry-After: 1\r\n"


class Doors:
    """Connections by address, as many entries as there are addresses inside."""

    __slots__ = ("_inside",)

    def __init__(self) -> None:
        self._inside: dict[str, int] = {}

    def enter(self, peer: str, *, inside: int, limits: Limits, trusted: bool) -> Refused | None:
        """Count a connection in. ``inside`` are all connections, this one too; ``trusted`` peers speak for many clients."""
        who = neighbourhood(peer)
        same = self._inside[who] = self._inside.get(who, 0) + 1
        if inside > limits.connections:
            return Refused(503, "connections", "The proxy has as many connections as it may have.", _LATER)
        if limits.per_address is not None and same > limits.per_address and not trusted:
            return Refused(429, "address_connections", "Too many connections from this address.", _LATER)
        return None

    def leave(self, peer: str) -> None:
        who = neighbourhood(peer)
        left = self._inside[who] - 1
        if left:
            self._inside[who] = left
        else:
            del self._inside[who]


def neighbourhood(peer: str) -> str:
    """Whose connections count together: an IPv4 address, or a /64 of IPv6, which is what one customer gets (RFC 6177)."""
    if ":" not in peer:
        return peer
    address = ipaddress.IPv6Address(peer.partition("%")[0])
    return str(address.ipv4_mapped or ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
