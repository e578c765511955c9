"""Addresses at which no backend is: link-local ones, where clouds hand credentials to whoever asks from the machine. Pure."""

from __future__ import annotations

import ipaddress
from typing import Final

_REFUSED: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "169.254.0.0/16",
            "fe80::/10",
            "100.100.100.200/32",  # these are no link-local ones, and hold the same secrets: Alibaba
            "168.63.129.16/32",  # Azure
            "192.0.0.192/32",  # Oracle
            "fd00:ec2::254/128",  # Amazon
            "fd20:ce::254/128",  # Google
        ),
    )
)

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_link_local(address: str) -> bool:
    """Also where it is an IPv4 address written as an IPv6 one. A name is none."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(one in network for one in _forms(known) for network in _REFUSED)


def _forms(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    inner: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo[1] if address.teredo else None
        nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
        inner += [one for one in (address.ipv4_mapped, address.sixtofour, teredo, nat64) if one is not None]
    return inner
