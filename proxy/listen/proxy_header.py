"""The header by which a load balancer tells whose connection this is: the PROXY protocol, versions 1 and 2. Pure.

It comes before all else on a connection, and is no HTTP. The specification is HAProxy's, ``doc/proxy-protocol.txt``; the sections
named here are its own.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Final, NamedTuple

MAX_HEADER: Final = 16 * 1024
"""Bytes of a header. Version 1 ends far below; version 2 could have 64 KiB, but addresses and all known extensions need less."""

MAX_LINE: Final = 107
"""Bytes of a version 1 header, its CRLF included (section 2.1)."""

_SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_FIXED: Final = struct.Struct("!12sBBH")
_TLV: Final = struct.Struct("!BH")

_TLS_TLV: Final = 0x20
_CLIENT_TLS: Final = 0x01

_ADDRESSES: Final = {0x11: (4, 12), 0x21: (16, 36)}
"""Family and transport (section 2.2) -> bytes of one address, bytes of the whole address block."""

_NO_ADDRESS: Final = frozenset({0x00, 0x12, 0x22, 0x31, 0x32})
"""Unspecified, datagrams, Unix sockets: assigned, but nothing that tells who the client is."""


class BadHeader(Exception):
    """These bytes do not begin with a header; the message says why."""


class ProxyHeader(NamedTuple):
    """``size`` bytes said that the client is at ``address``, or, if None, that the peer speaks for itself. ``secure``: the client
    came to the load balancer by TLS."""

    size: int
    address: str | None = None
    secure: bool = False


def read_proxy_header(data: bytes) -> ProxyHeader | None:
    """The header that ``data`` begins with; None if it is not all there yet, and then all of ``data`` is part of it.

    Raises BadHeader.
    """
    if _SIGNATURE.startswith(data[:12]):
        return _read_version_2(data)
    if b"PROXY ".startswith(data[:6]):
        return _read_version_1(data)
    raise BadHeader("neither version 1 nor version 2")


def _read_version_1(data: bytes) -> ProxyHeader | None:
    end = data.find(b"\r\n", 0, MAX_LINE)
    if end < 0:
        if len(data) >= MAX_LINE:
            raise BadHeader("version 1 without an end")
        return None
    size = end + 2
    words = data[:end].split(b" ")
    match words[1:]:
        case [b"UNKNOWN", *_]:
            return ProxyHeader(size)
        case [b"TCP4" | b"TCP6" as family, source, destination, source_port, destination_port]:
            _check_port(source_port)
            _check_port(destination_port)
            _address(destination, family)
            return ProxyHeader(size, _address(source, family))
        case _:
            raise BadHeader("version 1 without addresses and ports")


def _address(text: bytes, family: bytes) -> str:
    kind = ipaddress.IPv4Address if family == b"TCP4" else ipaddress.IPv6Address
    try:
        address = kind(text.decode("ascii"))
    except ValueError:
        raise BadHeader("version 1 with an address that is none") from None
    if b"%" in text:
        raise BadHeader("version 1 with a scope")
    return _plain(address)


def _check_port(text: bytes) -> None:
    if not (text.isdigit() and len(text) <= 5 and int(text) <= 65535 and (text == b"0" or text[:1] != b"0")):
        raise BadHeader("version 1 with a port that is none")


def _read_version_2(data: bytes) -> ProxyHeader | None:
    if len(data) < _FIXED.size:
        return None
    _, version_command, family, length = _FIXED.unpack_from(data)
    if version_command not in {0x20, 0x21}:
        raise BadHeader("version 2 with an unknown version or command")
    size = _FIXED.size + length
    if size > MAX_HEADER:
        raise BadHeader("version 2 longer than we read")
    if len(data) < size:
        return None
    if version_command == 0x20:
        # LOCAL, as in health checks: the peer means itself, and what follows says nothing (section 2.2).
        return ProxyHeader(size)
    block = data[_FIXED.size : size]
    if family in _ADDRESSES:
        one, both = _ADDRESSES[family]
        if length < both:
            raise BadHeader("version 2 too short for its addresses")
        address = _plain(ipaddress.ip_address(block[:one]))
        return ProxyHeader(size, address, secure=_is_secure(block[both:]))
    if family in _NO_ADDRESS:
        return ProxyHeader(size)
    raise BadHeader("version 2 with an unknown family")


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """One spelling for one address, so that it is found in lists: an IPv4 address within IPv6 is an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _is_secure(rest: bytes) -> bool:
    """Walk the extensions (section 2.2.6); only PP2_TYPE_SSL says something that we pass on."""
    secure = False
    at = 0
    while at < len(rest):
        if at + _TLV.size > len(rest):
            raise BadHeader("version 2 with half an extension")
        kind, length = _TLV.unpack_from(rest, at)
        value = rest[at + _TLV.size : at + _TLV.size + length]
        if len(value) < length:
            raise BadHeader("version 2 with half an extension")
        if kind == _TLS_TLV:
            if length < 5:
                raise BadHeader("version 2 with half an extension")
            secure = bool(value[0] & _CLIENT_TLS)
        at += _TLV.size + length
    return secure
