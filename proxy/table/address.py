"""A backend's URL: scheme, host and port, nothing else, since paths are forwarded as they come."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from proxy.model.table import Endpoint
from proxy.table.mistakes import quoted
from proxy.table.scalars import Malformed

_PORTS: Final = {"http": 80, "https": 443}
_URL = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LONGEST_SOCKET: Final = 107
"""Bytes of a Unix socket's path, unix(7)."""
_EXAMPLE: Final = "write scheme, host and port: http://127.0.0.1:8000"


def parse_address(text: str) -> Endpoint:
    """The endpoint that a URL names. Raises Malformed with what to write instead."""
    if text.startswith("unix:"):
        return _socket(text)
    found = _URL.fullmatch(text)
    if found is None or found["scheme"] is None:
        guess = f"write http://{text}" if re.fullmatch(r"[\w.-]+(:[0-9]+)?", text, re.ASCII) else _EXAMPLE
        raise Malformed(f"{quoted(text)} is not a URL", guess)
    scheme, authority = found["scheme"].lower(), found["authority"]
    if scheme not in _PORTS:
        raise Malformed(f"the scheme {quoted(scheme)} is not spoken here", "write http:// or https://, or unix:/path")
    if found["rest"] not in {"", "/"}:
        help_ = f"write {scheme}://{authority}"
        raise Malformed("a backend's URL has no path, query or fragment: paths are forwarded as they come", help_)
    if "@" in authority:
        raise Malformed(
            "a backend's URL holds no user name or password", f"write {scheme}://{authority.rpartition('@')[2]}"
        )
    host, port = _host_and_port(authority)
    return Endpoint(scheme, host, _PORTS[scheme] if port is None else port)


def _socket(text: str) -> Endpoint:
    path = text.removeprefix("unix:")
    if path.startswith("//"):
        path = "/" + path.lstrip("/")
    if not path.startswith("/") or len(path.encode()) > _LONGEST_SOCKET or "\0" in path:
        raise Malformed(f"{quoted(text)} names no Unix socket", "write unix: and an absolute path: unix:/run/app.sock")
    return Endpoint("http", "localhost", 80, socket=path)


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        inside, bracket, after = authority[1:].partition("]")
        try:
            host = str(ipaddress.IPv6Address(inside))
        except ValueError:
            raise Malformed(f"{quoted(inside)} is not an IPv6 address", "write http://[::1]:8000") from None
        if not bracket or (after and not after.startswith(":")) or "%" in inside:
            raise Malformed(f"{quoted(authority)} is not a host and a port", "write http://[::1]:8000")
        return host, _port(after[1:]) if after else None
    host, colon, port = authority.partition(":")
    if ":" in port:
        raise Malformed(
            f"{quoted(authority)} is not a host and a port", f"an IPv6 address stands in brackets: [{authority}]"
        )
    if not is_host(host):
        raise Malformed(f"{quoted(host)} is not a host name or an IP address", _EXAMPLE)
    return host.lower(), _port(port) if colon else None


def is_host(host: str) -> bool:
    """A host name or an IPv4 address, in ASCII. What a lookup would read as an address (``127.1``, ``0x7f000001``) is neither."""
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if _NUMBER.fullmatch(labels[-1]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
    return True


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise Malformed(f"{quoted(text)} is not a port", "a port is a number from 1 to 65535")
    return int(text)
