"""What happens to each header field on its way through: one table a direction, and one pass over the fields.

Names, order, spelling and bytes of everything not named here go through untouched. Sources: RFC 9110 section 7.6.1
(Connection and the fields that belong to one hop), RFC 9112 section 6 (framing), RFC 9110 section 7.6.3 (Via).
"""

from __future__ import annotations

import enum

from proxy.model.message import Headers


class Refused(Exception):
    """A request that no backend may see. ``status`` is what the client gets, ``reason`` counts and explains it; ``headers`` are
    further lines of the answer, each ended by CRLF."""

    def __init__(self, status: int, reason: str, detail: str, headers: bytes = b"") -> None:
        super().__init__(detail)
        self.headers = headers
        self.status = status
        self.reason = reason
        self.detail = detail


class Fate(enum.IntEnum):
    """What becomes of a field. Everything above DROP needs a look at its value."""

    KEEP = 0
    DROP = 1
    HOST = 2
    LENGTH = 3
    TRANSFER_ENCODING = 4
    CONNECTION = 5
    UPGRADE = 6
    COOKIE = 7
    EXPECT = 8
    REQUEST_ID = 9
    FORWARDED = 10
    FORWARDED_FOR = 11
    FORWARDED_PROTO = 12
    FORWARDED_HOST = 13
    VIA = 14
    TE = 15


_ONE_HOP = {
    b"connection": Fate.CONNECTION,
    b"keep-alive": Fate.DROP,
    b"proxy-connection": Fate.DROP,
    b"transfer-encoding": Fate.TRANSFER_ENCODING,
    b"te": Fate.DROP,
    b"upgrade": Fate.UPGRADE,
    b"content-length": Fate.LENGTH,
}

REQUEST_FIELDS = _ONE_HOP | {
    b"te": Fate.TE,
    b"host": Fate.HOST,
    b"cookie": Fate.COOKIE,
    b"expect": Fate.EXPECT,
    b"x-request-id": Fate.REQUEST_ID,
    b"forwarded": Fate.FORWARDED,
    b"x-forwarded-for": Fate.FORWARDED_FOR,
    b"x-forwarded-proto": Fate.FORWARDED_PROTO,
    b"x-forwarded-host": Fate.FORWARDED_HOST,
    b"x-forwarded-port": Fate.FORWARDED,
    b"x-forwarded-prefix": Fate.FORWARDED,
    b"x-real-ip": Fate.FORWARDED,
    # Some frameworks take the path from these; routing has seen another one.
    b"x-original-url": Fate.FORWARDED,
    b"x-rewrite-url": Fate.FORWARDED,
    b"via": Fate.VIA,
    b"proxy-authorization": Fate.DROP,
    b"http2-settings": Fate.DROP,
    b"proxy": Fate.DROP,  # read by CGI programs as the environment variable HTTP_PROXY
    b"x-shadow": Fate.DROP,  # ours alone: it marks a copy
}

ANSWER_FIELDS = dict(_ONE_HOP)

NEVER_NOMINATED = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"cookie", b"authorization", b"x-request-id", b"via"}
)
"""Fields that a client cannot have removed by naming them in Connection: they frame, are end to end, or are ours."""

_LONGEST_LENGTH = 20
"""Digits of a Content-Length, leading zeros included."""


_LONGEST_FORWARDED_FOR = 2048
"""Bytes of X-Forwarded-For taken from a trusted peer: some fifty addresses."""


class Fates(dict[bytes, Fate]):
    """A field table that remembers each spelling it has met, so that a usual field costs one dict lookup.

    Bounded: a hostile peer may invent spellings for ever.
    """

    __slots__ = ("_table",)

    def __init__(self, table: dict[bytes, Fate]) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, name: bytes) -> Fate:
        lower = name.lower()
        fate = self._table.get(lower, Fate.KEEP)
        if b"_" in lower and self._table.get(lower.replace(b"_", b"-"), Fate.KEEP):
            # CGI-style servers read an underscore as a hyphen: this would be believed as if it were the real one.
            fate = Fate.DROP
        if len(self) < 4096 and len(name) <= 64:
            self[name] = fate
        return fate


_REQUEST_FATES = Fates(REQUEST_FIELDS)
_ANSWER_FATES = Fates(ANSWER_FIELDS)


class RequestFields:
    """What one pass over a request's fields yields. ``lines`` are the pieces to forward, in order, ``end`` what ends the head.
    ``expects`` tells that the client waits to be asked for the body."""

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
        "upgrade",
        "via",
    )

    def __init__(self) -> None:
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
    fields = RequestFields()
    lines = fields.lines
    fates = _REQUEST_FATES
    for name, value in headers:
        fate = fates[name]
        if fate == 0:
            lines += (name, b": ", value, b"\r\n")
        elif fate != 1:
            _read_request_field(fields, fate, name, value, trusted)
    if fields.host is None and not http_1_0:
        # RFC 9112 section 3.2
        raise Refused(400, "host", "A request needs exactly one Host header.")
    if fields.chunked and http_1_0:
        # RFC 9112 section 6.1: the sender of HTTP/1.0 cannot have meant it.
        raise Refused(400, "framing", "Transfer-Encoding has no meaning in HTTP/1.0.")
    if fields.connection is not None and fields.connection not in _USUAL:
        nominated = tokens(fields.connection) - {b"keep-alive", b"close", b"upgrade"} - NEVER_NOMINATED
        if nominated:
            fields.lines = _without(lines, nominated)
    if fields.expects and (http_1_0 or not fields.has_body):
        # RFC 9110 section 10.1.1: it means nothing in HTTP/1.0, and nothing without a body.
        fields.expects = False
        fields.lines = _without(fields.lines, {b"expect"})
    return fields


def _read_request_field(fields: RequestFields, fate: Fate, name: bytes, value: bytes, trusted: bool) -> None:
    if fate is Fate.CONNECTION:
        # RFC 9110 section 5.3: several lines are one list, also when the first is empty.
        fields.connection = value if fields.connection is None else fields.connection + b"," + value
    elif fate is Fate.UPGRADE:
        fields.upgrade = value if fields.upgrade is None else fields.upgrade + b"," + value
    elif fate is Fate.TE:
        if b"trailers" in tokens(value):
            # We pass trailers on, so we may say so; it belongs to one hop (RFC 9110 section 10.1.4).
            fields.end = b"Connection: TE\r\nTE: trailers\r\n\r\n"
    elif fate is Fate.LENGTH or fate is Fate.TRANSFER_ENCODING:
        _read_framing(fields, fate, value)
        fields.lines += (name, b": ", value, b"\r\n")
    elif fate in _END_TO_END:
        _note(fields, fate, value)
        fields.lines += (name, b": ", value, b"\r\n")
    elif trusted:
        _read_forwarded(fields, fate, name, value)


_END_TO_END = frozenset({Fate.HOST, Fate.COOKIE, Fate.EXPECT, Fate.REQUEST_ID, Fate.VIA})


def _note(fields: RequestFields, fate: Fate, value: bytes) -> None:
    """Remember a value that is also forwarded."""
    if fate is Fate.HOST:
        if fields.host is not None:
            raise Refused(400, "host", "A request needs exactly one Host header.")
        fields.host = value
    elif fate is Fate.COOKIE:
        fields.cookie = value if fields.cookie is None else fields.cookie + b"; " + value
    elif fate is Fate.EXPECT:
        if value.lower() != b"100-continue":
            # RFC 9110 section 10.1.1
            raise Refused(417, "expect", "The only expectation understood here is 100-continue.")
        fields.expects = True
    elif fate is Fate.VIA:
        fields.via = value if fields.via is None else fields.via + b", " + value
    elif fields.request_id is None and value:
        fields.request_id = value


def _read_framing(fields: RequestFields, fate: Fate, value: bytes) -> None:
    if fate is Fate.LENGTH:
        if fields.length is not None or not value.isdigit() or len(value) > _LONGEST_LENGTH:
            raise Refused(400, "framing", "Content-Length must be one number.")
        fields.length = int(value)
    elif value.lower() != b"chunked" or fields.chunked:
        # RFC 9112 section 6.1: a transfer coding that we do not know
        raise Refused(501, "transfer_coding", "The only transfer coding understood here is chunked.")
    else:
        fields.chunked = True


def _read_forwarded(fields: RequestFields, fate: Fate, name: bytes, value: bytes) -> None:
    """From a trusted peer only: what it says about the way so far is kept, and added to."""
    if fate is Fate.FORWARDED_FOR:
        fields.forwarded_for = _nearest(value if fields.forwarded_for is None else fields.forwarded_for + b", " + value)
    elif fate is Fate.FORWARDED_PROTO:
        fields.forwarded_proto = value
    elif fate is Fate.FORWARDED_HOST:
        fields.forwarded_host = value
    else:
        fields.lines += (name, b": ", value, b"\r\n")


def _nearest(forwarded_for: bytes) -> bytes:
    """The last addresses of a list that is too long: those that proxies near us have added, not what a client made up."""
    if len(forwarded_for) <= _LONGEST_FORWARDED_FOR:
        return forwarded_for
    return forwarded_for[-_LONGEST_FORWARDED_FOR:].partition(b",")[2].strip()


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


_USUAL = frozenset({b"keep-alive", b"close", b"Keep-Alive", b"Close"})
"""Values of Connection that nominate nothing, so that most messages need no further look."""


def end_to_end(trailers: Headers) -> Headers:
    """A request's trailers without what frames, routes or is ours: as a header it was looked at, here nobody would (RFC 9110 section 6.5.1)."""
    return [(name, value) for name, value in trailers if not _REQUEST_FATES[name]]


def size_of(headers: Headers) -> int:
    """Bytes of names and values."""
    return sum(len(name) + len(value) for name, value in headers)


def tokens(value: bytes) -> set[bytes]:
    """The members of a comma-separated list, in lower case."""
    return {token.strip().lower() for token in value.split(b",")} - {b""}


def _without(lines: list[bytes], names: set[bytes]) -> list[bytes]:
    kept: list[bytes] = []
    for at in range(0, len(lines), 4):
        if lines[at].lower() not in names:
            kept += lines[at : at + 4]
    return kept


_FRAMES_ANSWER = frozenset({b"keep-alive", b"close", b"upgrade", b"content-length", b"transfer-encoding"})


class AnswerFields:
    """What one pass over an answer's fields yields. ``lines`` are the pieces to send on, in order, framing kept in its place."""

    __slots__ = ("chunked", "connection", "length", "lines", "upgrade")

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.length: int | None = None
        self.chunked = False
        self.connection: bytes | None = None
        self.upgrade: bytes | None = None


class InvalidAnswer(Exception):
    """A backend's answer that must not be passed on."""


def read_answer_fields(headers: Headers, *, dechunk: bool) -> AnswerFields:
    """Sort an answer's fields. ``dechunk``: the client cannot read chunks (HTTP/1.0). Raises InvalidAnswer."""
    fields = AnswerFields()
    lines = fields.lines
    fates = _ANSWER_FATES
    for name, value in headers:
        fate = fates[name]
        if fate == 0:
            lines += (name, b": ", value, b"\r\n")
        elif fate != 1:
            _read_answer_field(fields, fate, name, value, dechunk)
    if fields.connection is not None and fields.connection not in _USUAL:
        nominated = tokens(fields.connection) - _FRAMES_ANSWER
        if nominated:
            fields.lines = _without(fields.lines, nominated)
    return fields


def unframe(fields: AnswerFields, *, keep_length: bool = False) -> None:
    """Take out what frames a body where none may follow (RFC 9112 section 6.1, RFC 9110 section 8.6): a client that believed it
    would wait for one. A 304 may tell the length of what it stands for."""
    if fields.chunked or (fields.length is not None and not keep_length):
        fields.lines = _without(
            fields.lines, {b"transfer-encoding"} if keep_length else {b"transfer-encoding", b"content-length"}
        )


def _read_answer_field(fields: AnswerFields, fate: Fate, name: bytes, value: bytes, dechunk: bool) -> None:
    if fate is Fate.LENGTH:
        if fields.length is not None or not value.isdigit() or len(value) > _LONGEST_LENGTH:
            raise InvalidAnswer("more than one Content-Length, or none that is a number")
        fields.length = int(value)
        fields.lines += (name, b": ", value, b"\r\n")
    elif fate is Fate.TRANSFER_ENCODING:
        if value.lower() != b"chunked" or fields.chunked:
            raise InvalidAnswer("a transfer coding other than chunked")
        fields.chunked = True
        if not dechunk:
            fields.lines += (name, b": ", value, b"\r\n")
    elif fate is Fate.CONNECTION:
        fields.connection = value if fields.connection is None else fields.connection + b"," + value
    else:
        fields.upgrade = value
