"""Whose request it is, by address. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable


def client_address(peer: str, forwarded_for: bytes | None, trusts: Callable[[str], bool]) -> str:
    """The nearest address that no trusted proxy has: behind it anything may be invented. ``peer`` is who connected to us,
    ``forwarded_for`` the X-Forwarded-For of a peer that is trusted."""
    nearest = peer
    if forwarded_for is not None:
        for entry in reversed(forwarded_for.split(b",")):
            address = _address(entry)
            if address is None:
                break
            nearest = address
            if not trusts(address):
                break
    return nearest


def _address(entry: bytes) -> str | None:
    """Some proxies write the port too: ``192.0.2.1:4711``, ``[2001:db8::1]:4711``."""
    text = entry.strip().decode("latin-1")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
