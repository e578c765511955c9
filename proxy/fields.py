"""What happens to each of a request's header fields on its way through: one table, and one pass over the fields.

Names, order, spelling and bytes of everything not named here go through untouched. Sources: RFC 9110 section 7.6.1
(Connection and the fields that belong to one hop), RFC 9112 section 6 (framing), RFC 9110 section 7.6.3 (Via).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from proxy.field_table import LONGEST_LENGTH, USUAL_CONNECTION, Readers, tokens, without
from proxy.model.message import BLANKS, Headers
from proxy.target import is_host


class Refused(Exception):
    """A request that no backend may see. ``status`` is what the client gets, ``reason`` counts and explains it; ``headers`` are
    further lines of the answer, each ended by CRLF."""

    def __init__(self, status: int, reason: str, detail: str, headers: bytes = b"") -> None:
        super().__init__(detail)
        self.headers = headers
        self.status = status
        self.reason = reason
        self.detail = detail


NEVER_NOMINATED = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"cookie", b"authorization", b"x-request-id", b"via"}
)
"""Fields that a client cannot have removed by naming them in Connection: they frame, are end to end, or are ours."""

_LONGEST_FORWARDED_FOR = 2048
"""Bytes of X-Forwarded-For taken from a trusted peer: some fifty addresses."""


class RequestFields:
    """What one pass over a request's fields yields. ``lines`` are those to forward, in order, ``end`` what ends the head.
    ``expects`` tells that the client waits to be asked for the body, ``trusted`` that its word on the way so far counts."""

    __slots__ = (
        "chunked",
        "connection",
        "cookie",
        "end",
        "expects",
        "forwarded_for",
        "forwarded_host",
        "forwarded_proto",
        "host",
        "length",
        "lines",
        "request_id",
        "trusted",
        "upgrade",
        "via",
    )

    def __init__(self, trusted: bool) -> None:
        self.trusted = trusted
        self.lines: list[bytes] = []
        self.host: bytes | None = None
        self.cookie: bytes | None = None
        self.length: int | None = None
        self.chunked = False
        self.connection: bytes | None = None
        self.upgrade: bytes | None = None
        self.expects = False
        self.end = b"\r\n"
        self.request_id: bytes | None = None
        self.forwarded_for: bytes | None = None
        self.forwarded_proto: bytes | None = None
        self.forwarded_host: bytes | None = None
        self.via: bytes | None = None

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.length)


def read_request_fields(headers: Headers, *, trusted: bool, http_1_0: bool) -> RequestFields:
    """Sort a request's fields into what is forwarded, what frames it and what is ours. Raises Refused."""
    fields = RequestFields(trusted)
    lines = fields.lines
    readers = _REQUEST_READERS
    for name, value in headers:
        reader = readers[name]
        if reader is None:
            lines.append(b"%b: %b\r\n" % (name, value))
        else:
            reader(fields, name, value)
    if fields.host is None and not http_1_0:
        # RFC 9112 section 3.2
        raise Refused(400, "host", "A request needs exactly one Host header.")
    if fields.chunked and http_1_0:
        # RFC 9112 section 6.1: the sender of HTTP/1.0 cannot have meant it.
        raise Refused(400, "framing", "Transfer-Encoding has no meaning in HTTP/1.0.")
    if fields.connection is not None and fields.connection not in USUAL_CONNECTION:
        nominated = tokens(fields.connection) - {b"keep-alive", b"close", b"upgrade"} - NEVER_NOMINATED
        if nominated:
            fields.lines = without(lines, nominated)
    if fields.expects and (http_1_0 or not fields.has_body):
        # RFC 9110 section 10.1.1: it means nothing in HTTP/1.0, and nothing without a body.
        fields.expects = False
        fields.lines = without(fields.lines, {b"expect"})
    return fields


# What is done with a field that is not just kept: one function each. Those that keep it append its line.


def _drop(fields: object, name: bytes, value: bytes) -> None:
    """It belongs to one hop, or is nobody's to send."""


def _connection(fields: RequestFields, _name: bytes, value: bytes) -> None:
    # RFC 9110 section 5.3: several lines are one list, also when the first is empty.
    fields.connection = value if fields.connection is None else fields.connection + b"," + value


def _upgrade(fields: RequestFields, _name: bytes, value: bytes) -> None:
    fields.upgrade = value if fields.upgrade is None else fields.upgrade + b"," + value


def _te(fields: RequestFields, _name: bytes, value: bytes) -> None:
    if b"trailers" in tokens(value):
        # We pass trailers on, so we may say so; it belongs to one hop (RFC 9110 section 10.1.4).
        fields.end = b"Connection: TE\r\nTE: trailers\r\n\r\n"


def _request_length(fields: RequestFields, name: bytes, value: bytes) -> None:
    value = value.rstrip(BLANKS)
    if fields.length is not None or not value.isdigit() or len(value) > LONGEST_LENGTH:
        raise Refused(400, "framing", "Content-Length must be one number.")
    fields.length = int(value)
    fields.lines.append(b"%b: %b\r\n" % (name, value))


def _request_coding(fields: RequestFields, name: bytes, value: bytes) -> None:
    value = value.rstrip(BLANKS)
    if value.lower() != b"chunked" or fields.chunked:
        # RFC 9112 section 6.1: a transfer coding that we do not know
        raise Refused(501, "transfer_coding", "The only transfer coding understood here is chunked.")
    fields.chunked = True
    fields.lines.append(b"%b: %b\r\n" % (name, value))


def _host(fields: RequestFields, name: bytes, value: bytes) -> None:
    if fields.host is not None:
        raise Refused(400, "host", "A request needs exactly one Host header.")
    fields.host = value = value.rstrip(BLANKS)
    if not is_host(value):
        raise Refused(400, "host", "The Host header is neither a name nor an address, with a port or without.")
    fields.lines.append(b"%b: %b\r\n" % (name, value))


def _cookie(fields: RequestFields, name: bytes, value: bytes) -> None:
    fields.cookie = value if fields.cookie is None else fields.cookie + b"; " + value
    fields.lines.append(b"%b: %b\r\n" % (name, value))


def _expect(fields: RequestFields, name: bytes, value: bytes) -> None:
    if value.rstrip(BLANKS).lower() != b"100-continue":
        # RFC 9110 section 10.1.1
        raise Refused(417, "expect", "The only expectation understood here is 100-continue.")
    fields.expects = True
    fields.lines.append(b"%b: %b\r\n" % (name, value))


def _via(fields: RequestFields, name: bytes, value: bytes) -> None:
    fields.via = value if fields.via is None else fields.via + b", " + value
    fields.lines.append(b"%b: %b\r\n" % (name, value))


def _request_id(fields: RequestFields, name: bytes, value: bytes) -> None:
    if fields.request_id is None and value:
        fields.request_id = value
    fields.lines.append(b"%b: %b\r\n" % (name, value))


# From a trusted peer only: what it says about the way so far is kept, and added to.


def _forwarded_for(fields: RequestFields, _name: bytes, value: bytes) -> None:
    if fields.trusted:
        fields.forwarded_for = _nearest(value if fields.forwarded_for is None else fields.forwarded_for + b", " + value)


def _forwarded_proto(fields: RequestFields, _name: bytes, value: bytes) -> None:
    if fields.trusted:
        fields.forwarded_proto = value


def _forwarded_host(fields: RequestFields, _name: bytes, value: bytes) -> None:
    if fields.trusted:
        fields.forwarded_host = value


def _other_forwarded(fields: RequestFields, name: bytes, value: bytes) -> None:
    if fields.trusted:
        fields.lines.append(b"%b: %b\r\n" % (name, value))


def _nearest(forwarded_for: bytes) -> bytes:
    """The last addresses of a list that is too long: those that proxies near us have added, not what a client made up."""
    if len(forwarded_for) <= _LONGEST_FORWARDED_FOR:
        return forwarded_for
    return forwarded_for[-_LONGEST_FORWARDED_FOR:].partition(b",")[2].strip()


REQUEST_FIELDS: dict[bytes, Callable[[RequestFields, bytes, bytes], None]] = {
    b"connection": _connection,
    b"keep-alive": _drop,
    b"proxy-connection": _drop,
    b"transfer-encoding": _request_coding,
    b"te": _te,
    b"upgrade": _upgrade,
    b"content-length": _request_length,
    b"host": _host,
    b"cookie": _cookie,
    b"expect": _expect,
    b"via": _via,
    b"x-request-id": _request_id,
    b"forwarded": _other_forwarded,
    b"x-forwarded-for": _forwarded_for,
    b"x-forwarded-proto": _forwarded_proto,
    b"x-forwarded-host": _forwarded_host,
    b"x-forwarded-port": _other_forwarded,
    b"x-forwarded-prefix": _other_forwarded,
    b"x-real-ip": _other_forwarded,
    # Some frameworks take the path from these; routing has seen another one.
    b"x-original-url": _other_forwarded,
    b"x-rewrite-url": _other_forwarded,
    # RFC 9440 section 3.1: whoever ends TLS removes what clients claim. From a trusted proxy it is that proxy's word.
    b"client-cert": _other_forwarded,
    b"client-cert-chain": _other_forwarded,
    b"x-client-cert-subject": _other_forwarded,
    b"proxy-authorization": _drop,
    b"http2-settings": _drop,
    b"proxy": _drop,  # read by CGI programs as the environment variable HTTP_PROXY
    b"x-shadow": _drop,  # ours alone: it marks a copy
}
"""What is done with a request's field of this name; all others are kept as they are."""


_REQUEST_READERS: Final = Readers(REQUEST_FIELDS, _drop)


_NEVER_SWITCHED = frozenset({b"h2c", b"h2", b"http", b"tls"})
"""Protocols that are HTTP again: behind them requests would reach the backend that nobody here has looked at."""


def protocol_of(upgrade: bytes, method: bytes) -> bytes | None:
    """Which of the protocols that a client offers is passed on: the first that it wants and we let through, or None."""
    for token in upgrade.split(b","):
        token = token.strip()
        name = token.partition(b"/")[0].lower()
        # RFC 6455 section 4.1: a WebSocket begins with GET.
        if name and name not in _NEVER_SWITCHED and (name != b"websocket" or method == b"GET"):
            return token
    return None


def end_to_end(trailers: Headers) -> Headers:
    """A request's trailers without what frames, routes or is ours: as a header it was looked at, here nobody would (RFC 9110 section 6.5.1)."""
    return [(name, value) for name, value in trailers if _REQUEST_READERS[name] is None]
