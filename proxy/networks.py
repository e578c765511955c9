"""Addresses and networks as the table lists them. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


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
