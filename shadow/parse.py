"""Raw heads in, values out. llhttp does the parsing, as it did on the live path; nothing here takes a head apart by hand."""

from __future__ import annotations

import httptools

from proxy.model.message import BLANKS, Headers, RequestHead
from shadow.model import Answer


class BadHead(ValueError):
    """These bytes are not a head that we can use; the message says why."""


class _Fields:
    """What the parser calls back with."""

    __slots__ = ("headers", "target", "whole")

    def __init__(self) -> None:
        self.headers: Headers = []
        self.target = b""
        self.whole = False

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value.rstrip(BLANKS)))

    def on_headers_complete(self) -> None:
        self.whole = True


def parse_request(head: bytes) -> RequestHead:
    """The request line and header fields of a captured request. Raises BadHead."""
    fields = _Fields()
    parser = httptools.HttpRequestParser(fields)
    _feed(parser, head, fields)
    return RequestHead.from_headers(parser.get_method(), fields.target, fields.headers)


def parse_answer(head: bytes, body: bytes, *, first_byte: float = 0.0, total: float = 0.0) -> Answer:
    """A captured answer; ``body`` is without transfer coding, times are seconds since the request was sent. Raises BadHead."""
    fields = _Fields()
    parser = httptools.HttpResponseParser(fields)
    _feed(parser, head, fields)
    return Answer(parser.get_status_code(), fields.headers, body, first_byte, total)


def _feed(parser: httptools.HttpRequestParser | httptools.HttpResponseParser, head: bytes, fields: _Fields) -> None:
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade as error:
        raise BadHead("an upgrade, which has no body to compare") from error
    except httptools.HttpParserError as error:
        raise BadHead(f"not a head: {error}") from error
    if not fields.whole:
        raise BadHead("the head ends too early")
