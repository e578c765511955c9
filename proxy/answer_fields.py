"""What happens to each of an answer's header fields on its way through: one table, and one pass over the fields. Pure.

Names, order, spelling and bytes of everything not named here go through untouched. Sources: RFC 9110 section 7.6.1, RFC 9112 section 6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from proxy.field_table import LONGEST_LENGTH, USUAL_CONNECTION, Readers, tokens, without
from proxy.model.message import BLANKS, Headers

_FRAMES_ANSWER = frozenset({b"keep-alive", b"close", b"upgrade", b"content-length", b"transfer-encoding"})


class AnswerFields:
    """What one pass over an answer's fields yields. ``lines`` are those to send on, in order, framing kept in its place."""

    __slots__ = ("chunked", "connection", "dechunk", "length", "lines", "upgrade")

    def __init__(self, dechunk: bool) -> None:
        self.dechunk = dechunk
        self.lines: list[bytes] = []
        self.length: int | None = None
        self.chunked = False
        self.connection: bytes | None = None
        self.upgrade: bytes | None = None


class InvalidAnswer(Exception):
    """A backend's answer that must not be passed on."""


def read_answer_fields(headers: Headers, *, dechunk: bool) -> AnswerFields:
    """Sort an answer's fields. ``dechunk``: the client cannot read chunks (HTTP/1.0). Raises InvalidAnswer."""
    fields = AnswerFields(dechunk)
    lines = fields.lines
    readers = _ANSWER_READERS
    for name, value in headers:
        reader = readers[name]
        if reader is None:
            lines.append(b"%b: %b\r\n" % (name, value))
        else:
            reader(fields, name, value)
    if fields.connection is not None and fields.connection not in USUAL_CONNECTION:
        nominated = tokens(fields.connection) - _FRAMES_ANSWER
        if nominated:
            fields.lines = without(fields.lines, nominated)
    return fields


def unframe(fields: AnswerFields, *, keep_length: bool = False) -> None:
    """Take out what frames a body where none may follow (RFC 9112 section 6.1, RFC 9110 section 8.6): a client that believed it
    would wait for one. A 304 may tell the length of what it stands for."""
    if fields.chunked or (fields.length is not None and not keep_length):
        fields.lines = without(
            fields.lines, {b"transfer-encoding"} if keep_length else {b"transfer-encoding", b"content-length"}
        )


def _drop(_fields: AnswerFields, _name: bytes, _value: bytes) -> None:
    """It belongs to one hop."""


def _length(fields: AnswerFields, name: bytes, value: bytes) -> None:
    value = value.rstrip(BLANKS)
    if fields.length is not None or not value.isdigit() or len(value) > LONGEST_LENGTH:
        raise InvalidAnswer("more than one Content-Length, or none that is a number")
    fields.length = int(value)
    fields.lines.append(b"%b: %b\r\n" % (name, value))


def _coding(fields: AnswerFields, name: bytes, value: bytes) -> None:
    if value.rstrip(BLANKS).lower() != b"chunked" or fields.chunked:
        raise InvalidAnswer("a transfer coding other than chunked")
    fields.chunked = True
    if not fields.dechunk:
        fields.lines.append(b"%b: %b\r\n" % (name, value))


def _connection(fields: AnswerFields, _name: bytes, value: bytes) -> None:
    fields.connection = value if fields.connection is None else fields.connection + b"," + value


def _upgrade(fields: AnswerFields, _name: bytes, value: bytes) -> None:
    fields.upgrade = value.rstrip(BLANKS)


ANSWER_FIELDS: dict[bytes, Callable[[AnswerFields, bytes, bytes], None]] = {
    b"connection": _connection,
    b"keep-alive": _drop,
    b"proxy-connection": _drop,
    b"te": _drop,
    b"upgrade": _upgrade,
    b"transfer-encoding": _coding,
    b"content-length": _length,
}
"""What is done with an answer's field of this name; all others are kept as they are."""

_ANSWER_READERS: Final = Readers(ANSWER_FIELDS, None)
