"""Addresses and networks as the table lists them. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


def address_of(peername: object) -> str:
    """The address of a connection's other end as sockets tell it. An IPv4 client on a socket for both families is an IPv4 client."""
    if not isinstance(peername, tuple):
        return "unix"
    return str(peername[0]).removeprefix("::ffff:")


class Networks:
    """``peer in networks``, for the address of a peer as text. False if there are none: then nobody is in them."""

    __slots__ = ("_networks",)

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._networks = tuple(ipaddress.ip_network(text, strict=False) for text in texts)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, peer: str) -> bool:
        if not self._networks:
            return False
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False  # a Unix socket
        return any(address in network for network in self._networks)
