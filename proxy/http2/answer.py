"""The fields of an HTTP/1.1 answer as HTTP/2 has them: lower case, and without what belongs to one connection. Pure."""

from __future__ import annotations

from hpack import HeaderTuple, NeverIndexedHeaderTuple

from proxy.model.message import Headers

_DROPPED = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade", b"te", b"http2-settings"}
)
"""RFC 9113 section 8.2.2."""

_SECRET = frozenset({b"set-cookie", b"authentication-info", b"proxy-authentication-info"})
"""Not kept in the compression's table, where their length could be guessed at (RFC 7541 section 7.1.3)."""


def answer_fields(status: int, headers: Headers) -> list[HeaderTuple]:
    """The reason phrase has no place in HTTP/2 (RFC 9113 section 8.3.2)."""
    return [HeaderTuple(b":status", b"%d" % status), *trailer_fields(headers)]


def trailer_fields(headers: Headers) -> list[HeaderTuple]:
    fields = []
    for name, value in headers:
        lower = name.lower()
        if lower not in _DROPPED:
            kind = NeverIndexedHeaderTuple if lower in _SECRET else HeaderTuple
            fields.append(kind(lower, value.strip(b" \t")))
    return fields
