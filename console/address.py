"""``HOST:PORT`` as options take it. Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from proxy.model.exposure import is_loopback

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")
_EXAMPLES = "write 127.0.0.1:8080, [::1]:8080, localhost:8080, or :8080 for all addresses of this machine"


class BadAddress(ValueError):
    """Not an address to listen on; the message says what to write."""


class Address(NamedTuple):
    """``host`` has no brackets; empty, it stands for all addresses of this machine. Port 0 lets the machine choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Reachable from this machine only, as far as the text can tell."""
        return is_loopback(self.host)

    @property
    def is_any(self) -> bool:
        """All addresses of this machine."""
        return self.host in {"", "0.0.0.0", "::"}  # noqa: S104 - recognised, not listened on


def parse_address(text: str) -> Address:
    """Raises BadAddress."""
    if "://" in text:
        raise BadAddress(f"{text!r} is a URL, an address is wanted: {_EXAMPLES}")
    host, colon, port = text.rpartition(":")
    if not colon:
        raise BadAddress(f"{text!r} has no port: {_EXAMPLES}")
    if not (port.isascii() and port.isdigit() and int(port[:6]) <= 0xFFFF):
        raise BadAddress(f"{port!r} is no port between 0 and 65535: {_EXAMPLES}")
    return Address(_host(host, text), int(port))


def _host(host: str, text: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError as error:
            raise BadAddress(f"{host!r} is no IPv6 address: {error}") from error
    if ":" in host:
        raise BadAddress(f"{text!r} is not clear: an IPv6 address stands in brackets, as in [::1]:8080")
    if host and not _NAME.fullmatch(host):
        raise BadAddress(f"{host!r} is no host: {_EXAMPLES}")
    return host
