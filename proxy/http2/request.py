"""A stream's fields as the head of an HTTP/1.1 request, or a refusal. Pure.

What HTTP/2 can say and HTTP/1 cannot is where requests are smuggled on the way down (RFC 9113 section 10.3): line breaks in fields, a
length that is none, framing fields, two hosts. So everything is checked before a byte of text is made. What is well-formed is then
judged by ``ClientConnection`` like any other request.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from proxy.fields import Refused
from proxy.model.message import Headers


class Kind(enum.IntEnum):
    """What a field is. Everything above PLAIN needs a look."""

    PLAIN = 0
    COOKIE = 1
    HOST = 2
    LENGTH = 3
    TE = 4
    ONE_HOP = 5
    BAD = 6


_KINDS = {
    b"cookie": Kind.COOKIE,
    b"host": Kind.HOST,
    b"content-length": Kind.LENGTH,
    b"te": Kind.TE,
    # RFC 9113 section 8.2.2: whoever sends these makes the message malformed.
    b"connection": Kind.ONE_HOP,
    b"proxy-connection": Kind.ONE_HOP,
    b"keep-alive": Kind.ONE_HOP,
    b"transfer-encoding": Kind.ONE_HOP,
    b"upgrade": Kind.ONE_HOP,
}

_PSEUDO = frozenset({b":method", b":scheme", b":authority", b":path"})
_SCHEMES = frozenset({b"http", b"https"})

_is_name = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch
_is_method = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}").fullmatch
_is_authority = re.compile(rb"[A-Za-z0-9\-._~!$&'()*+,;=%:\[\]]+").fullmatch
_is_target = re.compile(rb"/[\x21-\x7e\x80-\xff]*|\*").fullmatch


class _Kinds(dict[bytes, Kind]):
    """What each name is, remembered; bounded, since a hostile client may invent names for ever."""

    def __missing__(self, name: bytes) -> Kind:
        kind = _KINDS.get(name, Kind.PLAIN) if _is_name(name) else Kind.BAD
        if len(self) < 4096 and len(name) <= 64:
            self[name] = kind
        return kind


_kind_of = _Kinds()


class Request(NamedTuple):
    """``head`` is HTTP/1.1 text. ``chunked`` tells how a body follows, ``length`` how long it must be, if that was said."""

    head: bytes
    is_head: bool
    length: int | None
    chunked: bool


def malformed(detail: str) -> Refused:
    """RFC 9113 section 8.1.1: never passed on."""
    return Refused(400, "http2_malformed", f"The request is not valid HTTP/2: {detail}.")


def read_request(fields: Headers, *, ended: bool) -> Request:
    """``ended``: no body follows. Raises Refused."""
    pseudo = _read_pseudo(fields)
    method = pseudo.get(b":method", b"")
    if method == b"CONNECT":
        raise Refused(405, "method", "CONNECT and TRACE do not pass through here.")
    target = pseudo.get(b":path", b"")
    if not _is_method(method) or not _is_target(target):
        raise malformed("a request needs a :method and a :path")
    if pseudo.get(b":scheme", b"").lower() not in _SCHEMES:
        # Which of the two is not believed: the connection knows better.
        raise malformed("a request needs the :scheme http or https")
    lines, length = _read_fields(fields, len(pseudo), pseudo.get(b":authority"))
    if length and ended:
        raise malformed("its body is shorter than content-length says")
    chunked = length is None and not ended
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    lines.insert(0, b"%b %b HTTP/1.1" % (method, target))
    return Request(_text(lines), method == b"HEAD", length, chunked)


def read_trailers(fields: Headers) -> bytes:
    """The end of a chunked body. Raises Refused. Which trailers are passed on is decided where HTTP/1's are."""
    lines = [b"0"]
    for name, value in fields:
        if _kind_of[name] > Kind.LENGTH or value.strip() != value:
            raise malformed("the trailers")
        lines.append(b"%b: %b" % (name, value))
    return _text(lines)


def _text(lines: list[bytes]) -> bytes:
    """The lines, if none holds a line within itself, or a NUL (RFC 9113 section 8.2.1)."""
    text = b"\r\n".join((*lines, b"", b""))
    ends = len(lines) + 1
    if text.count(b"\n") != ends or text.count(b"\r") != ends or b"\0" in text:
        raise malformed("a field holds a line break or a NUL")
    return text


def _read_pseudo(fields: Headers) -> dict[bytes, bytes]:
    """The pseudo-header fields, which come first, and each once (RFC 9113 section 8.3)."""
    pseudo: dict[bytes, bytes] = {}
    for name, value in fields:
        if name[:1] != b":":
            break
        if name in pseudo or name not in _PSEUDO:
            raise malformed("a pseudo-header field that is unknown or comes twice")
        pseudo[name] = value
    return pseudo


def _read_fields(fields: Headers, begin: int, authority: bytes | None) -> tuple[list[bytes], int | None]:
    """The lines of all fields from ``begin`` on, and what content-length says."""
    lines: list[bytes] = []
    noted: dict[Kind, list[bytes]] = {}
    for name, value in fields[begin:]:
        if value.strip() != value:
            raise malformed("white space around the value of a field")
        kind = _kind_of[name]
        if kind == 0:
            lines.append(b"%b: %b" % (name, value))
        elif kind in _NOTED:
            noted.setdefault(kind, []).append(value)
        elif kind is Kind.TE and value.lower() == b"trailers":
            lines.append(b"te: trailers")
        else:
            raise malformed(_WRONG[kind])
    host = _host(authority, noted.get(Kind.HOST, []))
    if host is not None:
        lines.insert(0, b"host: " + host)
    if Kind.COOKIE in noted:
        # RFC 9113 section 8.2.3: split for compression, one line for everybody else.
        lines.append(b"cookie: " + b"; ".join(noted[Kind.COOKIE]))
    length = _length(noted.get(Kind.LENGTH, []))
    if length is not None:
        lines.append(b"content-length: %d" % length)
    return lines, length


_NOTED = frozenset({Kind.COOKIE, Kind.HOST, Kind.LENGTH})
"""Fields of which there may be several, or must not."""


def _length(values: list[bytes]) -> int | None:
    if not values:
        return None
    if len(values) > 1 or not values[0].isdigit() or len(values[0]) > 20:
        raise malformed("content-length must be one number")
    return int(values[0])


_WRONG = {
    Kind.TE: "te may only say trailers",
    Kind.ONE_HOP: "a field that belongs to HTTP/1 connections",
    Kind.BAD: "the name of a field, or a pseudo-header field that is not in front",
}


def _host(authority: bytes | None, hosts: list[bytes]) -> bytes | None:
    """RFC 9113 section 8.3.1: both name the same place, or nobody knows which is meant."""
    if len(hosts) > 1:
        raise malformed("two hosts")
    host = hosts[0] if hosts else None
    if authority is None:
        return host
    if not _is_authority(authority):
        raise malformed("the :authority is no host and port")
    if host is not None and host.lower() != authority.lower():
        raise malformed("host and :authority differ")
    return authority
